// SCIMMY behind Express as a tenant on loopback: everything of SCIM is theirs, ours are a map and who may ask.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const token = process.env.SECOND_TOKEN;

/** Keep the resources of one type in a map, and tell two of one name apart. */
function keep(Resource, name) {
  const kept = new Map();
  const taken = (id, value) => [...kept.values()].some((other) => other.id !== id && other[name].toLowerCase() === value.toLowerCase());
  Resource.ingress((resource, data) => {
    const id = resource.id ?? randomUUID();
    if (resource.id && !kept.has(id)) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
    if (taken(id, data[name])) throw new SCIMMY.Types.Error(409, "uniqueness", `${name} is taken`);
    const now = new Date();
    const instance = { ...JSON.parse(JSON.stringify(data)), id, meta: { created: kept.get(id)?.meta.created ?? now, lastModified: now } };
    kept.set(id, instance);
    return instance;
  });
  Resource.egress((resource) => {
    if (!resource.id) return [...kept.values()];
    if (!kept.has(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
    return kept.get(resource.id);
  });
  Resource.degress((resource) => {
    if (!kept.delete(resource.id)) throw new SCIMMY.Types.Error(404, null, `Resource ${resource.id} not found`);
  });
  return kept;
}

const { User, Group } = SCIMMY.Resources;
User.extend(SCIMMY.Schemas.EnterpriseUser, false);
SCIMMY.Resources.declare(User);
SCIMMY.Resources.declare(Group);
SCIMMY.Config.set({ patch: true, filter: true });
const all = [keep(User, "userName"), keep(Group, "displayName")];

const app = express();
app.post("/reset", (_, answer) => { all.forEach((kept) => kept.clear()); answer.status(204).end(); });
app.use("/scim/v2", new SCIMMYRouters({
  type: "bearer",
  handler: (request) => {
    if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("Unknown token");
    return "operator";
  },
}));
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/scim/v2`));

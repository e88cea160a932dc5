"""What the operator is told by its environment."""

from datetime import timedelta

import pytest

from workteam_operator.settings import BadSettings, Settings

LEAST = {"WORKTEAM_OPERATOR_NAMESPACE": "system", "WORKTEAM_OPERATOR_TENANT_NAMESPACES": "a, b,"}


def test_little_must_be_said() -> None:
    """Where we live and where the tenants are; foreign variables do not matter, nor what Kubernetes adds."""
    settings = Settings.read({**LEAST, "HOME": "/", "WORKTEAM_OPERATOR_SERVICE_HOST": "10.0.0.1"})
    assert settings == Settings(namespace="system", tenant_namespaces=("a", "b"))


def test_waiting_times_are_seconds() -> None:
    settings = Settings.read(
        {**LEAST, "WORKTEAM_OPERATOR_CREATE_SETTLE": "30", "WORKTEAM_OPERATOR_BACKOFF_FIRST": "0.5"}
    )
    assert (settings.create_settle, settings.backoff_first) == (timedelta(seconds=30), timedelta(milliseconds=500))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TENANT_NAMESPACES", " , "),
        ("PORT", "http"),
        ("PORT", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("WORKERS", "0"),
        ("PROBE_INTERVAL", "soon"),
        ("PROBE_INTERVAL", "0"),
        ("RELIST_INTERVAL", "1e400"),
        ("CREATE_SETTLE", "nan"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    """One sentence with the variable."""
    with pytest.raises(BadSettings, match=rf"^The operator cannot start: WORKTEAM_OPERATOR_{name}: "):
        Settings.read({**LEAST, f"WORKTEAM_OPERATOR_{name}": value})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(BadSettings, match=r"WORKTEAM_OPERATOR_NAMESPACE: .*; WORKTEAM_OPERATOR_TENANT_NAMESPACES: "):
        Settings.read({})

"""docs/operations.md agrees with the code, in both languages."""

import re
from pathlib import Path

import pytest
import yaml
from airflow.configuration import conf

from production.env_check import SECRETS

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [PROJECT / "docs" / name for name in ("operations.md", "operations.ko.md")]
COMPOSE = PROJECT / "docker-compose.production.yml"
ENGLISH = PAGES[0].read_text()


def code(text: str) -> list[str]:
    """Blocks and words of code, without the names of Airflow 2."""
    return re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL) + re.findall(r"`([^`\n]+)`", text)


def test_both_languages_give_the_same_commands_and_names():
    english, korean = (page.read_text() for page in PAGES)
    assert sorted(set(code(english))) == sorted(set(code(korean)))
    assert len(re.findall("^## ", english, flags=re.MULTILINE)) == len(
        re.findall("^## ", korean, flags=re.MULTILINE)
    )


def test_a_clone_runs_after_at_most_five_commands():
    first = code(ENGLISH)[0].strip().splitlines()
    assert len(first) <= 5
    assert first[0].startswith("git clone")
    assert first[-1].startswith("docker compose -f docker-compose.production.yml up")


def test_each_target_of_make_exists():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {target for text in code(ENGLISH) for target in re.findall(r"\bmake ([a-z-]+)", text)}
    assert named <= targets
    assert {"secrets", "backup", "backups", "restore", "restore-tables", "upgrade"} <= named


@pytest.mark.skipif(not COMPOSE.exists(), reason="no docker-compose.production.yml")
def test_each_service_and_setting_exists():
    services = set(yaml.safe_load(COMPOSE.read_text())["services"])
    verbs = r"docker compose (?:exec|restart|logs(?: -f)?(?: --tail=\d+)?|ps|run --rm) ([a-z-]+)"
    named = {service for text in code(ENGLISH) for service in re.findall(verbs, text)}
    assert named <= services
    known = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text()))
    for setting in ("SCHEDULER_MEMORY", "AIRFLOW_EXECUTOR", "WORKER_QUEUES", "ICEBERG_CATALOG_TYPE"):
        assert setting in ENGLISH
        assert setting in known
    for setting in (
        "AIRFLOW_BASE_URL",
        "WEATHER_UI_ADDRESS",
        "BACKUP_AT",
        "BACKUP_KEEP_DAYS",
        "AIRFLOW__SECRETS__BACKEND",
    ):
        assert setting in known, setting


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_says_which_service_gets_which_secret(page):
    """AWS_ACCESS_KEY_ID belongs to AWS_SECRET_ACCESS_KEY; the other names are those of .env."""
    rows = re.findall(r"^  \| `([a-z-]+)` \| (.*) \|$", page.read_text(), flags=re.MULTILINE)
    documented = {service: set(re.findall(r"`(\w+)`", cells)) for service, cells in rows}
    read = {
        service: {name for name in re.findall(r"\$\{(\w+)", str(settings)) if SECRETS.fullmatch(name)}
        for service, settings in yaml.safe_load(COMPOSE.read_text())["services"].items()
    }
    assert documented == {service: names - {"AWS_ACCESS_KEY_ID"} for service, names in read.items()}


def test_each_file_that_is_named_exists():
    for name in set(re.findall(r"`((?:deploy|plugins)/[\w./-]+\.\w+)`", ENGLISH)):
        if name != "deploy/airflow.cfg" or COMPOSE.exists():
            assert (PROJECT / name).exists(), name


def names() -> list[tuple[str, str]]:
    rows = ENGLISH[ENGLISH.index("| Airflow 2 | here |") :].splitlines()[2:]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows]


def test_the_old_names_are_gone_and_the_new_ones_exist():
    known = conf.configuration_description
    options = {(section, option) for section, entry in known.items() for option in entry["options"]}
    for old, new in names():
        for pair in re.findall(r"`\[(\w+)\] (\w+)`", old):
            assert pair not in options, f"{pair} is not gone"
        for pair in re.findall(r"`\[(\w+)\] (\w+)`", new):
            assert pair in options, f"there is no {pair}"
    assert {"dag_concurrency", "sql_alchemy_conn", "authenticate", "auth_backend"} <= {
        option for old, _ in names() for _, option in re.findall(r"`\[(\w+)\] (\w+)`", old)
    }

"""Batches of reports on a running service, and the command that feeds a file of them."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.council_import import import_requests
from tests.services.council.live_council import (
    AREA,
    COUNCIL,
    DONE,
    DUE,
    OPEN311,
    home,
    live_council,
)

CSV = {"Content-Type": "text/csv"}


def test_every_row_is_told_what_became_of_it() -> None:
    async def run() -> None:
        async with live_council() as client:
            rows = [
                "service_code,uprn,fill,id",
                f"missed_collection,{home(DONE)},,a",
                f"missed_collection,{home(DONE)},,b",
                f"missed_collection,{home(DUE)},,c",
                f"overflowing_bin,{home(DONE)},0.2,d",
                f"missed_collection,{home(DONE)},,a",
            ]
            body = "\n".join(rows)
            checked = await client.http.post(
                f"{AREA}/requests/batch", params={"check": "true"}, content=body, headers=CSV
            )
            assert checked.status_code == 200, checked.text
            assert (await client.http.get(f"{OPEN311}/requests.json")).json() == []
            answer = (await client.http.post(f"{AREA}/requests/batch", content=body, headers=CSV)).json()
            assert [row["outcome"] for row in answer["rows"]] == [
                "new",
                "merged",
                "refused",
                "not_full",
                "repeated",
            ]
            assert answer["rows"] == checked.json()["rows"]
            assert answer["rows"][2]["reason"] == "too_early"
            assert [row["line"] for row in answer["rows"]] == [2, 3, 4, 5, 6]
            assert answer["new"] == answer["merged"] == answer["repeated"] == 1
            again = (await client.http.post(f"{AREA}/requests/batch", content=body, headers=CSV)).json()
            assert again["repeated"] == 4
            told = await client.status(answer["rows"][0]["service_request_id"])
            assert told["status"] == "open"

    asyncio.run(run())


def test_a_wrong_row_takes_the_batch_with_it() -> None:
    async def run() -> None:
        async with live_council() as client:
            rows = [
                {"service_code": "fly_tip", "uprn": home(DONE)},
                {"service_code": "fly_tip", "uprn": "999"},
                {"service_code": "pothole", "uprn": home(DONE)},
                {"service_code": "fly_tip", "lat": -33.9, "lon": 151.2},
            ]
            answer = await client.http.post(f"{AREA}/requests/batch", json=rows)
            assert answer.status_code == 422
            body = answer.json()
            assert [(e["line"], e["field"]) for e in body["errors"]] == [
                (2, "uprn"),
                (3, "service_code"),
                (4, "lat"),
            ]
            assert body["detail"].startswith("3 row(s) refused, none taken; line 2: uprn: ")
            assert (await client.http.get(f"{OPEN311}/requests.json")).json() == []
            for body_, kind, status in (
                (b"x", "text/plain", 415),
                (b"[]", "application/json", 422),
                (b"service_code,uprn\n" + b"fly_tip,1\n" * 1001, "text/csv", 422),
                (b"x" * 2_000_000, "text/csv", 413),
            ):
                answer = await client.http.post(
                    f"{AREA}/requests/batch", content=body_, headers={"Content-Type": kind}
                )
                assert answer.status_code == status, answer.text
                assert answer.headers["content-type"] == "application/problem+json"

    asyncio.run(run())


def fed(file: Path, *options: str) -> list[Result]:
    """What the command says when the file is fed twice."""
    results: list[Result] = []

    async def run() -> None:
        async with live_council() as client:
            arguments = [str(file), "--area", COUNCIL.id, "--url", str(client.http.base_url), *options]
            results.append(await asyncio.to_thread(CliRunner().invoke, import_requests, arguments))
            results.append(await asyncio.to_thread(CliRunner().invoke, import_requests, arguments))

    asyncio.run(run())
    return results


@pytest.mark.slow
def test_a_file_is_fed_in_parts_and_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    uprns = COUNCIL.properties.uprn.tolist()
    rows = [f"{code},{uprn}" for code in ("bulky_item", "assisted_collection") for uprn in uprns]
    file.write_text("service_code,uprn\n" + "\n".join(rows) + "\n")
    first, second = fed(file)
    assert first.exit_code == 0, first.output
    assert "960 rows taken" in first.output
    assert "960  new requests" in first.output
    assert "sent 500 of 960 rows" in first.output
    assert "960  had come in before" in second.output


@pytest.mark.slow
def test_nothing_of_a_file_with_a_wrong_row_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "requests.csv"
    rows = [f"bulky_item,{uprn},ok" for uprn in COUNCIL.properties.uprn.tolist()]
    rows[-1] = 'bulky_item,999,"two\nlines"'
    rows.append("pothole,1,ok")
    file.write_text("service_code,uprn,description\n" + "\n".join(rows))
    first, second = fed(file)
    assert first.exit_code == second.exit_code == 1
    assert f"line {len(rows)}: uprn: " in first.output
    assert "so none was" in second.output


@pytest.mark.parametrize(
    ("name", "text", "word"),
    [
        ("a.csv", "", "line 1"),
        ("a.csv", "service_code,uprn\n", "no rows"),
        ("a.csv", "service_code,uprn\nfly_tip\n", "line 2"),
        ("a.json", "{", "a.json"),
        ("a.csv", None, "a.csv"),
    ],
)
def test_files_that_cannot_be_read_are_told(tmp_path: Path, name: str, text: str | None, word: str) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    result = CliRunner().invoke(import_requests, [str(file), "--area", "x", "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 1
    assert word in result.output
    absent = CliRunner().invoke(import_requests, [__file__, "--area", "x", "--url", "http://127.0.0.1:9"])
    assert absent.exit_code == 1

"""The GraphQL service: answers against the store, limits, errors, pages, and its text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import EXAMPLE, create_app
from api.limits import Limits
from api.schema import SDL, schema
from api.shelf import Shelf
from gnn.score import Scorer
from kg.biolink import Category
from kg.embedded_store import EmbeddedStore
from kg.release import Home
from kg.store import Direction

Ask = Callable[..., dict[str, Any]]
FH = "MONDO:0005439"


def code(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0]["extensions"]["code"])


@pytest.fixture(scope="module")
def post(client: TestClient) -> Callable[..., dict[str, Any]]:
    def run(query: str, **variables: Any) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        return dict(client.post("/graphql", json=body).json())

    return run


def test_the_printed_schema_is_the_committed_one() -> None:
    assert SDL.read_text(encoding="utf-8") == f"{schema.as_str()}\n"


def test_the_example_query_ranks(ask: Ask, scorer: Scorer) -> None:
    ranking = ask(EXAMPLE)["rank"]
    wanted = scorer.rank("familial hypercholesterolemia", top=10)
    assert [i["symbol"] for i in ranking["items"]] == [s.symbol for s in wanted]
    assert [i["overall"] for i in ranking["items"]] == [s.overall for s in wanted]
    assert ranking["release"] == scorer.model.release


def test_a_target_has_what_the_store_has(ask: Ask, store: EmbeddedStore) -> None:
    query = """query($id: ID!) { target(id: $id) { id name description synonyms url
      identifiers { id prefix } facts(prefix: "constraint") { key number source licence }
      diseases(first: 500) { totalCount nodes { node { id name category } predicate score
        evidenceCount sources evidence(first: 3) { totalCount nodes { id source file line } } } }
      pathways(first: 5) { totalCount } interactions(first: 5) { totalCount } } }"""
    target = ask(query, id="HGNC:6547")["target"]
    (node,) = store.nodes(["HGNC:6547"])
    assert node is not None
    assert (target["name"], target["description"]) == (node.name, node.description)
    edges = [
        e
        for e in store.edges_of(["HGNC:6547"], Direction.OUT)[0]
        if e.type.object in (Category.DISEASE, Category.PHENOTYPE)
        and e.type.predicate.split(":")[1] != "has_phenotype"
    ]
    shown = target["diseases"]["nodes"]
    assert target["diseases"]["totalCount"] == len(edges)
    assert {n["node"]["id"] for n in shown} == {e.object for e in edges}
    records = {r.id for found in store.evidence_of(edges) for r in found}
    assert {r["id"] for n in shown for r in n["evidence"]["nodes"]} <= records
    assert [n["score"] or -1 for n in shown] == sorted(
        (n["score"] or -1 for n in shown), reverse=True
    )
    facts = {f.key: f.number for f in store.facts_of(["HGNC:6547"])[0]}
    assert all(facts[f["key"]] == f["number"] for f in target["facts"])


@pytest.mark.parametrize(
    "field", ["target", "disease", "variant", "structure", "pocket", "compound"]
)
def test_an_unknown_identifier_is_null(ask: Ask, field: str) -> None:
    assert ask(f'{{ {field}(id: "HGNC:99999999") {{ id }} }}') == {field: None}


def test_other_identifiers_lead_to_the_same_node(ask: Ask) -> None:
    query = "query($id: ID!) { target(id: $id) { id } }"
    for same in ("HGNC:6547", "ENSG00000130164", "LDLR", "NCBIGene:3949", "UniProtKB:P01130"):
        assert ask(query, id=same)["target"] == {"id": "HGNC:6547"}


def test_a_structure_shows_pockets_and_residues(ask: Ask, store: EmbeddedStore) -> None:
    query = """query($id: ID!) { structure(id: $id) { id name residues { position letter pocket }
      pockets(first: 10) { nodes { node { id ... on Pocket { residues { position pocket } } } } }
      proteins(first: 5) { nodes { node { id ... on Protein { genes(first: 1) { nodes { node { name } } } } } } } } }"""
    structure = ask(query, id="PDB:1opl")["structure"]
    assert structure["id"] == "PDB:1opl.A"
    t315 = [r for r in structure["residues"] if r["position"] == 315]
    assert {(r["letter"], r["pocket"]) for r in t315} == {("T", 1)}
    first = next(p["node"] for p in structure["pockets"]["nodes"] if p["node"]["id"].endswith("#1"))
    assert 315 in {r["position"] for r in first["residues"]}
    (protein,) = structure["proteins"]["nodes"]
    assert protein["node"]["genes"]["nodes"][0]["node"]["name"] == "ABL1"


def test_a_compound_shows_chemistry_targets_and_indications(ask: Ask) -> None:
    query = """query($id: ID!) { compound(id: $id) { id name chemistry { inchikey smiles qed alerts }
      targets(first: 5) { totalCount nodes { predicate node { name }
        evidence(first: 1) { nodes { directionOnTarget source } } } }
      indications(first: 3) { totalCount } facts { key number text } } }"""
    imatinib = ask(query, id="CHEMBL941")["compound"]
    assert imatinib["chemistry"]["inchikey"] == "KTUFNOKKBVMGRW-UHFFFAOYSA-N"
    assert imatinib["targets"]["totalCount"] > 5
    assert imatinib["indications"]["totalCount"] > 5
    assert ask(query, id="INCHIKEY:KTUFNOKKBVMGRW-UHFFFAOYSA-N")["compound"]["id"] == imatinib["id"]


def test_a_variant_shows_genes_and_traits(ask: Ask) -> None:
    query = """{ variant(id: "rs7903146") { id facts(prefix: "location") { key text number }
      targets(first: 5) { nodes { predicate node { name } } }
      diseases(first: 5) { totalCount nodes { node { name } evidence(first: 1) { nodes {
        value valueKind publications { id url } firstPublic } } } } } }"""
    variant = ask(query)["variant"]
    assert "TCF7L2" in {n["node"]["name"] for n in variant["targets"]["nodes"]}
    record = variant["diseases"]["nodes"][0]["evidence"]["nodes"][0]
    assert record["valueKind"] == "p value"
    assert record["publications"][0]["id"].startswith("PMID:")


def test_lists_of_terms_are_mapped_in_order(ask: Ask) -> None:
    query = """query($t: [String!]!) { mapIds(terms: $t, category: GENE) { term status matchedBy
      node { id name } candidates { node { id } } } }"""
    rows = ask(query, t=["LDLR", "ENSG00000130164", "no such gene at all", "RAF1"])["mapIds"]
    assert [r["term"] for r in rows][:2] == ["LDLR", "ENSG00000130164"]
    assert [r["status"] for r in rows[:3]] == ["DIRECT", "DIRECT", "NONE"]
    assert rows[0]["node"] == {"id": "HGNC:6547", "name": "LDLR"}


def test_search_finds_names_and_near_names(ask: Ask) -> None:
    query = """query($q: String!) { search(query: $q, categories: [DISEASE], first: 5) {
      matched score node { id name } } }"""
    assert ask(query, q="crohn disease")["search"][0]["node"]["id"] == "MONDO:0005011"
    near = ask(query, q="hypercholesterolaemia")["search"]
    assert any("hypercholesterol" in hit["node"]["name"] for hit in near)


def test_evidence_filters_hold_below_the_field_that_sets_them(
    ask: Ask, store: EmbeddedStore
) -> None:
    query = """query($asOf: Date, $not: [EvidenceClass!], $free: Boolean!) {
      target(id: "LDLR", asOf: $asOf, excludeClasses: $not, hypothesisFreeOnly: $free) {
        diseases(first: 500) { nodes { node { id } evidence(first: 100) { nodes {
          firstPublic evidenceClass hypothesisFree } } } } } }"""

    def records(**given: Any) -> list[dict[str, Any]]:
        found = ask(query, **{"free": False, **given})["target"]["diseases"]["nodes"]
        return [r for n in found for r in n["evidence"]["nodes"]]

    everything = records()
    old = records(asOf="2012-12-31")
    assert 0 < len(old) < len(everything)
    assert all(r["firstPublic"] <= "2012-12-31" for r in old)
    assert not any(r["evidenceClass"] == "GENETIC" for r in records(**{"not": ["GENETIC"]}))
    assert all(r["hypothesisFree"] for r in records(free=True))


def test_pages_tile_a_list_and_cursors_are_bound_to_it(ask: Ask, post: Ask) -> None:
    query = """query($after: String) { target(id: "TP53") { interactions(first: 40, after: $after) {
      totalCount pageInfo { hasNextPage endCursor } nodes { node { id } } } } }"""
    whole = ask('{ target(id: "TP53") { interactions(first: 500) { nodes { node { id } } } } }')
    seen: list[str] = []
    after = None
    while True:
        page = ask(query, after=after)["target"]["interactions"]
        seen += [n["node"]["id"] for n in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"] or len(seen) >= 500:
            break
    assert seen[:500] == [n["node"]["id"] for n in whole["target"]["interactions"]["nodes"]]
    other = '{ target(id: "TP53") { pathways(first: 5, after: "%s") { totalCount } } }' % after
    assert code(post(other)) == "BAD_ARGUMENT"
    assert (
        code(post('{ target(id: "TP53") { pathways(after: "???") { totalCount } } }'))
        == "BAD_ARGUMENT"
    )


def test_a_ranking_is_paged_without_change(ask: Ask, scorer: Scorer) -> None:
    query = """query($first: Int!, $after: String) { rank(disease: "MONDO:0005439", first: $first,
      after: $after) { totalCount items { targetId } pageInfo { endCursor } } }"""
    first = ask(query, first=7)["rank"]
    second = ask(query, first=7, after=first["pageInfo"]["endCursor"])["rank"]
    whole = ask(query, first=25000)["rank"]
    assert whole["totalCount"] == len(whole["items"]) == len(scorer.genes)
    assert [*first["items"], *second["items"]] == whole["items"][:14]


def test_a_target_tells_its_direction_whatever_the_disease(ask: Ask) -> None:
    query = """{ target(id: "PCSK9") { direction { call basis probability supporting conflicting
      records { evidenceId says decides diseaseId } } } }"""
    told = ask(query)["target"]["direction"]
    assert (told["call"], told["basis"]) == ("INHIBIT", "DRUGS")
    assert told["probability"] > 0.5
    assert told["records"]
    ids = [r["evidenceId"] for r in told["records"]]
    assert [*told["supporting"], *told["conflicting"]] == ids
    assert all(r["says"] == "INHIBIT" and r["diseaseId"] is None for r in told["records"])
    assert ask('{ target(id: "MIR21") { symbol: name direction { call } } }')["target"] == {
        "symbol": "MIR21",
        "direction": None,
    }


def test_rank_takes_targets_and_weights(ask: Ask, scorer: Scorer) -> None:
    query = """{ rank(disease: "MONDO:0005439", targets: ["CFTR", "LDLR"],
      weights: {causality: 1}) { weights { causality druggability } items { symbol rank } } }"""
    ranking = ask(query)["rank"]
    assert [i["symbol"] for i in ranking["items"]] == ["LDLR", "CFTR"]
    assert ranking["weights"] == {"causality": 1.0, "druggability": 0.0}


def test_explanations_name_the_records(ask: Ask, store: EmbeddedStore) -> None:
    query = """{ explain(target: "LDLR", disease: "MONDO:0005439") { notes score { rank }
      paths { channel contribution hops { subjectName predicate objectName basis similarity
        evidence { id source } } }
      counterfactuals { name count } byClass { key value } } }"""
    found = ask(query)["explain"]
    hops = [h for p in found["paths"] for h in p["hops"]]
    assert any(h["evidence"] for h in hops)
    assert all(bool(h["evidence"]) is (h["basis"] is None) for h in hops)
    alike = [h["similarity"] for h in hops if (h["basis"] or "").startswith("Lin")]
    assert alike
    assert all(0 < value <= 1 for value in alike)
    assert found["counterfactuals"]
    assert found["byClass"][0]["key"] == "genetic"


def test_releases_sources_and_model_are_told(ask: Ask, home: Home, scorer: Scorer) -> None:
    query = """{ release { id evidence nodes { name count } parameters sources { id absent } }
      releases { id } sources { id version licence rows kept quarantined { name count } files { sha256 } }
      model { id variant metrics } }"""
    told = ask(query)
    manifest = home.open().manifest
    assert told["release"]["id"] == manifest["id"]
    assert told["release"]["evidence"] == manifest["counts"]["evidence"]
    assert {s["id"] for s in told["sources"]} == {s["id"] for s in manifest["sources"]}
    assert any(s["absent"] for s in told["release"]["sources"])
    assert told["model"]["id"] == scorer.model.id
    assert "training" in told["model"]["metrics"]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("{ nonsense }", "BAD_QUERY"),
        ("{ target(id: }", "BAD_QUERY"),
        ('{ target(id: "LDLR") { diseases(first: 501) { totalCount } } }', "PAGE_TOO_LARGE"),
        ('{ target(id: "LDLR") { diseases(first: -1) { totalCount } } }', "BAD_ARGUMENT"),
        ('{ rank(disease: "hypercholesterolaemia") { totalCount } }', "BAD_ARGUMENT"),
        (
            '{ rank(disease: "cystic fibrosis", weights: {causality: -1}) { totalCount } }',
            "BAD_ARGUMENT",
        ),
        ('{ release(id: "0000000000000000") { id } }', "RELEASE_GONE"),
        (
            '{ explain(target: "LDLR", disease: "MONDO:0005439", objective: "x") { notes } }',
            "BAD_ARGUMENT",
        ),
        ("{ " + " ".join(f"a{i}: releases {{ id }}" for i in range(40)) + " }", "TOO_MANY_ALIASES"),
        (
            '{ target(id: "TP53") { links(first: 500) { nodes { node { links(first: 500) { nodes '
            "{ node { id name } } } } } } } }",
            "TOO_COSTLY",
        ),
        (
            '{ target(id: "TP53") { '
            + "links(first: 1) { nodes { node { " * 6
            + "id"
            + " } } }" * 6
            + " } }",
            "TOO_DEEP",
        ),
        ("{" * 3000, "BAD_QUERY"),
        ("{ __typename " + "a" * 5 + " x " * 3000 + "}", "TOO_COSTLY"),
    ],
)
def test_refusals_have_a_code_and_no_internals(post: Ask, query: str, wanted: str) -> None:
    answer = post(query)
    assert code(answer) == wanted
    told = json.dumps(answer)
    assert "Traceback" not in told
    assert ".py" not in told


def test_an_unknown_disease_offers_candidates(post: Ask) -> None:
    answer = post('{ rank(disease: "hypercholesterolaemia") { totalCount } }')
    offered = answer["errors"][0]["extensions"]["candidates"]
    assert any("hypercholesterol" in c["name"] for c in offered)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"not json", 400),
        (b"[1]", 400),
        (b"{}", 400),
        (b'{"query": 1}', 400),
        (b"x" * 1_100_000, 400),
    ],
)
def test_requests_that_are_no_queries_are_refused(
    client: TestClient, content: bytes, status: int
) -> None:
    answer = client.post("/graphql", content=content)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] in ("BAD_QUERY", "TOO_COSTLY")


def test_a_request_is_given_up_in_time(home: Home, model: object) -> None:
    with TestClient(create_app(Shelf(home), Limits(seconds=0.0))) as slow:
        answer = slow.post("/graphql", json={"query": '{ target(id: "LDLR") { id } }'}).json()
    assert code(answer) == "TIMEOUT"


def test_health_schema_and_page_come_from_the_package(client: TestClient, home: Home) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["release"] == home.current()
    assert client.get("/schema.graphql").text.startswith(
        ("schema", "type", '"""', "directive", "enum")
    )
    page = client.get("/graphql", headers={"accept": "text/html"}).text
    assert "static/graphiql.min.js" in page
    assert "http" not in page
    for name in ("graphiql.min.js", "graphiql.min.css", "react.production.min.js", "start.js"):
        assert client.get(f"/static/{name}").status_code == 200
    assert client.get("/static/../app.py").status_code == 404


def test_an_empty_home_says_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    with TestClient(create_app(Shelf(Home(tmp_path_factory.mktemp("empty"))))) as client:
        answer = client.post("/graphql", json={"query": '{ target(id: "LDLR") { id } }'}).json()
        assert code(answer) == "RELEASE_GONE"
        assert "target-kg build" in answer["errors"][0]["message"]
        assert client.get("/readyz").status_code == 503

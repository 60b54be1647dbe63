-- A release's tables as Neo4j's nodes and relationships. Given: the release's Parquet files as
-- nodes, edges, evidence, facts, compounds; prefix_table (prefix, uri); term_stream, the rows of
-- the name index. Numbers of 32 bits go by their shortest text, so that .9 stays .9.
CREATE TABLE prefixes AS SELECT * FROM prefix_table;
CREATE MACRO url_of(curie) AS (
  SELECT p.uri || substr(curie, length(p.prefix) + 2) FROM prefixes p
  WHERE p.prefix = split_part(curie, ':', 1) AND NOT starts_with(p.uri, 'urn:'));
CREATE MACRO short(x) AS CAST(CAST(x AS VARCHAR) AS DOUBLE);
CREATE MACRO edge_id(s, p, o) AS substr(sha256(concat_ws(chr(31), s, p, o)), 1, 16);
CREATE MACRO edge_hash(id, n, m, score) AS CAST('0x' || substr(md5(concat_ws(chr(31), id, n, m,
  coalesce(CAST(round(score * 10000) AS BIGINT), -1))), 1, 8) AS BIGINT);

CREATE VIEW node AS
SELECT id, name, category::VARCHAR AS category, url_of(id) AS url, source::VARCHAR AS source,
       synonyms, xrefs, description
FROM nodes;

CREATE TABLE link AS
SELECT subject, predicate::VARCHAR AS predicate, object,
       arg_min(publications[1], (negated, -coalesce(score, -1), id)) AS publication
FROM evidence WHERE len(publications) > 0
GROUP BY subject, predicate, object;

CREATE VIEW edge AS
SELECT e.subject, e.object, e.subject_category, e.object_category,
       edge_id(e.subject, e.predicate, e.object) AS id, short(e.score) AS score,
       e.n_evidence, e.n_refuting, e.sources, e.classes, e.first_public, e.hypothesis_free,
       e.predicate::VARCHAR AS predicate, url_of(l.publication) AS url,
       edge_hash(edge_id(e.subject, e.predicate, e.object), e.n_evidence, e.n_refuting, e.score) AS hash
FROM edges e
LEFT JOIN link l ON l.subject = e.subject AND l.object = e.object AND l.predicate = e.predicate;

CREATE VIEW evidence_node AS
SELECT id, edge_id(subject, predicate, object) AS edge, subject, predicate::VARCHAR AS predicate, object,
       source::VARCHAR AS source, evidence_class::VARCHAR AS evidence_class, short(score) AS score,
       negated, value, value_kind::VARCHAR AS value_kind, effect, effect_lower, effect_upper,
       effect_kind::VARCHAR AS effect_kind, direction_on_target, direction_on_trait, hypothesis_free,
       first_public, date_basis::VARCHAR AS date_basis, publications,
       url_of(publications[1]) AS url, nullif(detail, '{}') AS detail, infores::VARCHAR AS infores, release::VARCHAR AS release,
       knowledge_level::VARCHAR AS knowledge_level, agent_type::VARCHAR AS agent_type,
       licence::VARCHAR AS licence, redistributable::VARCHAR AS redistributable,
       file::VARCHAR AS file, line,
       nullif(original_subject, subject) AS original_subject, nullif(original_object, object) AS original_object
FROM evidence;

CREATE VIEW fact_node AS
SELECT subject AS node, key::VARCHAR AS key, number, text, unit::VARCHAR AS unit, source::VARCHAR AS source,
       release::VARCHAR AS release, evidence_class::VARCHAR AS evidence_class, first_public,
       licence::VARCHAR AS licence, file::VARCHAR AS file, line
FROM facts;

CREATE TABLE term AS SELECT DISTINCT node, category, term, folded, kind FROM term_stream;
CREATE VIEW name_node AS SELECT * FROM term WHERE kind NOT IN ('id', 'xref');
CREATE VIEW identifier_node AS SELECT * FROM term WHERE kind IN ('id', 'xref')

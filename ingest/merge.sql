-- The merge: identifiers resolved, triples checked, content ids made, evidence joined to edges.
--
-- Inputs (tables or views): raw_nodes, raw_evidence, raw_facts, raw_labels, raw_aliases (each with
-- `source` and `source_rank`), spaces (category, space), triples (subject_category, predicate,
-- object_category, undirected), excluded (evidence_class), kept_licences (redistributable),
-- dated_pairs (subject_category, object_category), dated_facts (evidence_class), systematic (source),
-- vocabularies (source), told_of (category), timeless_labels (kind) and settings (as_of,
-- hypothesis_free_only, filtered, piece_rows, largest_value, largest_effect).
--
-- A block begins with `-- step NAME`, which makes a table, `-- view NAME`, which is computed where it
-- is read (rows are wide: a copy saved is memory saved), or `-- output NAME`, which is written.
-- `-- pieces NAME` is written to disk in pieces by its column `piece`: objects in the order of the
-- outputs, about `piece_rows` of settings rows a piece, so that what is sorted and aggregated fits
-- in memory however large the graph is. Each `-- piece step NAME` and `-- piece output NAME` is made
-- of one piece after another: there the name of the pieces is the one at hand. All evidence of one
-- object is in one piece, so all rows with one id are.
-- Only functions on which DuckDB and Spark agree. Ids hash text: numbers by six significant digits,
-- so that a p value of 1e-30 is another than one of 1e-8.

-- Of several names that one source gives a node the shortest counts (a salt that was standardised to
-- its parent has a longer one), a labelled ligand's ([3H]...) only where there is no other: that of
-- the row which comes first would be chance.

-- step first
SELECT id, min_by(category, (source_rank, category)) AS category FROM raw_nodes GROUP BY id

-- step node
SELECT r.id, r.category,
       coalesce(min_by(name, (CASE WHEN name IS NULL THEN source_rank + 1000 ELSE source_rank END,
                              name LIKE '[%', length(name), name)),
                split_part(r.id, ':', 2)) AS name,
       min_by(description, (CASE WHEN description = '' THEN source_rank + 1000 ELSE source_rank END,
                            description)) AS description,
       list_sort(list_distinct(flatten(list(synonyms)))) AS synonyms,
       list_sort(list_distinct(flatten(list(xrefs)))) AS xrefs,
       min_by(source, source_rank) AS source
FROM raw_nodes r JOIN first f ON f.id = r.id AND f.category = r.category
GROUP BY r.id, r.category

-- step named
SELECT category, alias, id, kind, rank FROM raw_aliases
UNION ALL
SELECT category, id AS alias, id, 'id' AS kind, 0 AS rank FROM node

-- step target
SELECT n.category, n.alias, coalesce(t.id, f.id) AS id, n.kind, n.rank, t.id IS NULL AS followed
FROM named n
LEFT JOIN node t ON t.id = n.id
LEFT JOIN (SELECT r.alias, min(r.id) AS id FROM named r JOIN node m ON m.id = r.id
           WHERE r.kind IN ('replaced', 'mapping') GROUP BY r.alias HAVING count(DISTINCT r.id) = 1) f
  ON t.id IS NULL AND f.alias = n.id
WHERE coalesce(t.id, f.id) IS NOT NULL

-- step answer
SELECT space, alias, min_by(id, rank) AS id, min_by(kind, rank) AS kind, min_by(n, rank) AS n
FROM (SELECT s.space, t.alias, t.rank, min(t.id) AS id, min(t.kind) AS kind,
             CASE WHEN min(t.id) = max(t.id) THEN 1 ELSE 2 END AS n
      FROM target t JOIN spaces s ON s.category = t.category
      GROUP BY s.space, t.alias, t.rank)
GROUP BY space, alias

-- step place
SELECT m.id, m.category,
       cast(floor(coalesce(sum(w.n) OVER (ORDER BY m.category, m.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)
                  / settings.piece_rows) AS int) AS piece
FROM node m
LEFT JOIN (SELECT a.id, sum(r.n) AS n
           FROM (SELECT object_category, object, count(*) AS n FROM raw_evidence GROUP BY object_category, object) r
           JOIN answer a ON a.space = r.object_category AND a.alias = r.object AND a.n = 1
           GROUP BY a.id) w ON w.id = m.id
CROSS JOIN settings

-- step found
SELECT a.space, a.alias, a.id, a.n, p.category, p.piece
FROM answer a LEFT JOIN place p ON p.id = a.id AND a.n = 1

-- view joined
SELECT e.*, s.id AS s_id, s.n AS s_n, s.category AS s_category, s.piece AS s_piece,
       o.id AS o_id, o.n AS o_n, o.category AS o_category, o.piece AS o_piece
FROM raw_evidence e
LEFT JOIN found s ON s.space = e.subject_category AND s.alias = e.subject
LEFT JOIN found o ON o.space = e.object_category AND o.alias = e.object

-- view judged
SELECT j.*, t.undirected,
       CASE WHEN s_n IS NULL THEN concat('unknown subject ', split_part(subject, ':', 1))
            WHEN s_n > 1 THEN concat('ambiguous subject ', split_part(subject, ':', 1))
            WHEN o_n IS NULL THEN concat('unknown object ', split_part(object, ':', 1))
            WHEN o_n > 1 THEN concat('ambiguous object ', split_part(object, ':', 1))
            WHEN s_id = o_id THEN 'subject and object are the same'
            WHEN t.predicate IS NULL THEN 'triple not in the schema'
            WHEN NOT coalesce(score, 0) BETWEEN 0 AND 1 THEN 'score is not from 0 to 1'
            WHEN value_kind = 'p value' AND NOT value BETWEEN 0 AND 1 THEN 'p value is not from 0 to 1'
            WHEN NOT abs(value) <= largest_value THEN 'value is absurdly large'
            WHEN NOT coalesce(greatest(abs(effect), abs(effect_lower), abs(effect_upper)), 0) <= largest_effect
            THEN 'effect is absurdly large'
       END AS fault
FROM joined j
LEFT JOIN triples t ON t.subject_category = j.s_category AND t.predicate = j.predicate
                   AND t.object_category = j.o_category
CROSS JOIN settings

-- view known_facts
SELECT f.*, a.id, a.n,
       CASE WHEN a.n IS NULL THEN concat('unknown subject ', split_part(f.subject, ':', 1))
            WHEN a.n > 1 THEN concat('ambiguous subject ', split_part(f.subject, ':', 1))
            WHEN NOT abs(f.number) <= largest_value THEN 'value is absurdly large'
       END AS fault
FROM raw_facts f
LEFT JOIN answer a ON a.space = f.subject_category AND a.alias = f.subject
CROSS JOIN settings

-- view known_labels
SELECT l.*, s.id AS s_id, s.n AS s_n, o.id AS o_id, CASE WHEN l.object IS NULL THEN 1 ELSE o.n END AS o_n,
       CASE WHEN s.n IS NULL THEN concat('unknown subject ', split_part(subject, ':', 1))
            WHEN s.n > 1 THEN concat('ambiguous subject ', split_part(subject, ':', 1))
            WHEN o.n IS NULL AND l.object IS NOT NULL THEN concat('unknown object ', split_part(object, ':', 1))
            WHEN o.n > 1 THEN concat('ambiguous object ', split_part(object, ':', 1))
            WHEN NOT abs(l.number) <= largest_value THEN 'value is absurdly large'
       END AS fault
FROM raw_labels l
LEFT JOIN answer s ON s.space = l.subject_category AND s.alias = l.subject
LEFT JOIN answer o ON o.space = l.object_category AND o.alias = l.object
CROSS JOIN settings

-- step faulty
SELECT source, file, line, fault, subject, object, s_n, o_n FROM judged WHERE fault IS NOT NULL
UNION ALL
(SELECT DISTINCT source, file, line, fault, subject, CAST(NULL AS varchar), n, 1
 FROM known_facts WHERE fault IS NOT NULL)
UNION ALL
(SELECT DISTINCT source, file, line, fault, subject, object, s_n, o_n
 FROM known_labels WHERE fault IS NOT NULL)

-- view passed
SELECT j.* FROM judged j
JOIN kept_licences l ON l.redistributable = j.redistributable
LEFT JOIN excluded x ON x.evidence_class = j.evidence_class
LEFT JOIN dated_pairs d ON d.subject_category = j.s_category AND d.object_category = j.o_category
CROSS JOIN settings
WHERE j.fault IS NULL AND x.evidence_class IS NULL
  AND (j.hypothesis_free OR NOT settings.hypothesis_free_only OR j.evidence_class = 'ontology')
  AND (settings.as_of IS NULL OR d.subject_category IS NULL OR j.first_public <= settings.as_of)

-- view directed
SELECT CASE WHEN undirected AND s_id > o_id THEN o_id ELSE s_id END AS subject, predicate,
       CASE WHEN undirected AND s_id > o_id THEN s_id ELSE o_id END AS object,
       CASE WHEN undirected AND s_id > o_id THEN o_category ELSE s_category END AS subject_category,
       CASE WHEN undirected AND s_id > o_id THEN s_category ELSE o_category END AS object_category,
       source, infores, release, evidence_class, knowledge_level, agent_type, score, value,
       value_kind, effect, effect_lower, effect_upper, effect_kind, direction_on_target,
       direction_on_trait, negated, hypothesis_free, first_public, date_basis,
       list_sort(list_distinct(publications)) AS publications, detail, licence, redistributable,
       file, line, subject AS original_subject, object AS original_object,
       CASE WHEN undirected AND s_id > o_id THEN s_piece ELSE o_piece END AS piece
FROM passed

-- pieces identified
SELECT substr(sha256(concat_ws(chr(31), subject, predicate, object, source, infores, release,
         evidence_class, knowledge_level, agent_type, coalesce(printf('%.5e', score), ''),
         coalesce(printf('%.5e', value), ''), coalesce(value_kind, ''),
         coalesce(printf('%.5e', effect), ''), coalesce(printf('%.5e', effect_lower), ''),
         coalesce(printf('%.5e', effect_upper), ''), coalesce(effect_kind, ''),
         coalesce(cast(direction_on_target AS varchar), ''), coalesce(cast(direction_on_trait AS varchar), ''),
         cast(negated AS varchar), cast(hypothesis_free AS varchar), coalesce(cast(first_public AS varchar), ''),
         coalesce(date_basis, ''), array_to_string(publications, chr(30)), detail, licence, redistributable,
         original_subject, original_object)), 1, 32) AS id, *
FROM directed

-- step told
SELECT DISTINCT subject AS id FROM identified CROSS JOIN settings
WHERE settings.filtered AND evidence_class <> 'structure'

-- step labelled
SELECT l.kind, l.s_id AS subject, l.o_id AS object, l.number, l.text, l.source, l.release, l.first_public,
       l.licence, l.redistributable, l.file, l.line
FROM known_labels l
JOIN kept_licences k ON k.redistributable = l.redistributable
LEFT JOIN timeless_labels t ON t.kind = l.kind
CROSS JOIN settings
WHERE l.fault IS NULL
  AND (settings.as_of IS NULL OR l.first_public <= settings.as_of
       OR (l.first_public IS NULL AND t.kind IS NOT NULL))

-- view admitted
SELECT i.* FROM identified i
LEFT JOIN told ON told.id = i.subject
CROSS JOIN settings
WHERE NOT settings.filtered OR told.id IS NOT NULL OR i.evidence_class <> 'structure'
   OR i.subject_category <> 'biolink:SequenceVariant'

-- view mentioned
SELECT subject AS id FROM admitted UNION ALL SELECT object FROM admitted
UNION ALL SELECT subject FROM labelled UNION ALL SELECT object FROM labelled

-- step member
SELECT n.* FROM node n
LEFT JOIN (SELECT DISTINCT id FROM mentioned CROSS JOIN settings WHERE settings.filtered) kept
  ON kept.id = n.id
LEFT JOIN (SELECT DISTINCT r.id FROM raw_nodes r JOIN vocabularies v ON v.source = r.source) named
  ON named.id = n.id
LEFT JOIN told_of t ON t.category = n.category
CROSS JOIN settings
WHERE NOT settings.filtered OR kept.id IS NOT NULL
   OR (named.id IS NOT NULL AND t.category IS NULL)

-- output nodes
SELECT id, category, name, description, synonyms, xrefs, source FROM member ORDER BY category, id

-- piece step doubled
SELECT id FROM admitted GROUP BY id HAVING count(*) > 1

-- piece step kept
SELECT a.* FROM admitted a LEFT JOIN doubled d ON d.id = a.id WHERE d.id IS NULL
UNION ALL
(SELECT a.* FROM admitted a JOIN doubled d ON d.id = a.id
 QUALIFY row_number() OVER (PARTITION BY a.id ORDER BY a.file, a.line) = 1)

-- piece output repeated
SELECT a.source, count(*) - count(DISTINCT a.id) AS n
FROM admitted a JOIN doubled d ON d.id = a.id GROUP BY a.source

-- piece output evidence
SELECT * FROM kept
ORDER BY object_category, object, predicate, subject, negated, score DESC NULLS LAST, id

-- piece output edges
SELECT * FROM (
  SELECT subject, predicate, object, min(subject_category) AS subject_category, min(object_category) AS object_category,
         max(CASE WHEN NOT negated THEN score END) AS score,
         cast(sum(CASE WHEN negated THEN 0 ELSE 1 END) AS int) AS n_evidence,
         cast(sum(CASE WHEN negated THEN 1 ELSE 0 END) AS int) AS n_refuting,
         list_sort(list_distinct(list(source))) AS sources,
         list_sort(list_distinct(list(evidence_class))) AS classes,
         coalesce(min(CASE WHEN NOT negated THEN first_public END), min(first_public)) AS first_public,
         max(CASE WHEN hypothesis_free AND NOT negated THEN 1 ELSE 0 END) = 1 AS hypothesis_free
  FROM kept GROUP BY subject, predicate, object)
ORDER BY object_category, object, score DESC NULLS LAST, predicate, subject

-- output facts
SELECT DISTINCT f.id AS subject, f.key, f.number, f.text, f.unit, f.source, f.release, f.evidence_class,
       f.first_public, f.licence, f.redistributable, f.file, f.line
FROM known_facts f
JOIN member m ON m.id = f.id
JOIN kept_licences l ON l.redistributable = f.redistributable
LEFT JOIN excluded x ON x.evidence_class = f.evidence_class
LEFT JOIN dated_facts d ON d.evidence_class = f.evidence_class
LEFT JOIN systematic y ON y.source = f.source
LEFT JOIN told_of t ON t.category = m.category
CROSS JOIN settings
WHERE f.fault IS NULL AND x.evidence_class IS NULL
  AND (settings.as_of IS NULL OR f.first_public <= settings.as_of
       OR (d.evidence_class IS NULL AND t.category IS NULL))
  AND (NOT settings.hypothesis_free_only OR f.evidence_class = 'ontology' OR y.source IS NOT NULL)
ORDER BY subject, key, source, file, line, number, text

-- output labels
SELECT * FROM labelled ORDER BY kind, subject, object, source, file, line, number, text

-- output aliases
SELECT DISTINCT t.category, t.alias, t.id, t.kind, min_by(r.source, r.source_rank) AS source
FROM target t
JOIN member m ON m.id = t.id
LEFT JOIN raw_aliases r ON r.category = t.category AND r.alias = t.alias
WHERE t.alias <> t.id
GROUP BY t.category, t.alias, t.id, t.kind
ORDER BY category, alias, kind, id

-- output quarantine
SELECT source, file, line, fault AS reason FROM faulty
UNION ALL
SELECT source, file, line, reason FROM raw_quarantine
ORDER BY source, file, line, reason

-- output joins
SELECT r.source, CASE WHEN a.n IS NULL THEN 'unknown' WHEN a.n > 1 THEN 'ambiguous' ELSE a.kind END AS how,
       count(*) AS ids
FROM (SELECT source, subject_category AS space, subject AS id FROM raw_evidence
      UNION SELECT source, object_category, object FROM raw_evidence
      UNION SELECT source, subject_category, subject FROM raw_facts
      UNION SELECT source, subject_category, subject FROM raw_labels
      UNION SELECT source, object_category, object FROM raw_labels WHERE object IS NOT NULL) r
LEFT JOIN answer a ON a.space = r.space AND a.alias = r.id
WHERE r.id IS NOT NULL
GROUP BY ALL
ORDER BY ALL

-- output unresolved
SELECT split_part(subject, ':', 1) AS prefix, s_n IS NULL AS unknown, count(*) AS n,
       count(DISTINCT subject) AS distinct_ids, source
FROM faulty WHERE s_n IS NULL OR s_n > 1 GROUP BY ALL
UNION ALL
SELECT split_part(object, ':', 1) AS prefix, o_n IS NULL AS unknown, count(*) AS n,
       count(DISTINCT object) AS distinct_ids, source
FROM faulty WHERE o_n IS NULL OR o_n > 1 GROUP BY ALL
ORDER BY ALL

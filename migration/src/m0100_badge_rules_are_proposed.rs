//! Badge rules that branches propose, in a language of all, any and not: one version of a badge for each day from which it is
//! valid, never edited, taken back only before it is in force. What there was goes on everywhere, said in that language.

use sea_orm_migration::prelude::*;

use crate::ddl::{ddl, only_withdrawn};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// A number among other versions of its day was never in force: the highest one was.
const SQL: &str = r#"
CREATE TABLE badge_rule_before AS SELECT * FROM badge_rule;
DROP TABLE badge_rule;
CREATE TABLE badge_rule (
    id {uuid} PRIMARY KEY,
    code text NOT NULL,
    version integer NOT NULL,
    branch_path text NOT NULL,
    valid_from {time} NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    rule {json} NOT NULL,
    reason text,
    proposed_at {time},
    withdrawn_at {time},
    UNIQUE (branch_path, code, version)
) {strict};
INSERT INTO badge_rule (id, code, version, branch_path, valid_from, name_zh, name_en, rule, withdrawn_at)
SELECT b.id, b.code, b.version, '', b.valid_from, b.name_zh, b.name_en,
    CAST(CASE b.rule ->> 'fact'
        WHEN 'CATEGORY_MINUTES' THEN
            '{"ASK":{"measure":"MINUTES","at_least":' || (b.rule ->> 'at_least')
            || ',"category":"' || (b.rule ->> 'category') || '"}}'
        WHEN 'CAMPAIGN_SHIFTS' THEN
            '{"ASK":{"measure":"SHIFTS","at_least":' || (b.rule ->> 'at_least')
            || ',"category":"' || (b.rule ->> 'category')
            || '","period":{"DAYS":{"from":"' || (b.rule ->> 'from') || '","to":"' || (b.rule ->> 'to') || '"}}}}'
        ELSE '{"ASK":{"measure":"' || (b.rule ->> 'fact') || '","at_least":' || (b.rule ->> 'at_least') || '}}'
    END AS {json}),
    CASE WHEN EXISTS (SELECT 1 FROM badge_rule_before n
                      WHERE n.code = b.code AND n.valid_from = b.valid_from AND n.version > b.version)
         THEN b.valid_from END
FROM badge_rule_before b;
DROP TABLE badge_rule_before;
CREATE UNIQUE INDEX badge_rule_one_from ON badge_rule (branch_path, code, valid_from) WHERE withdrawn_at IS NULL;
CREATE INDEX badge_rule_of_branch ON badge_rule (branch_path, valid_from, id);
CREATE TABLE badge_rule_preview (
    id {uuid} PRIMARY KEY,
    badge_rule_id {uuid} NOT NULL REFERENCES badge_rule (id),
    asked_at {time} NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    leased_until {time},
    done integer NOT NULL,
    total integer NOT NULL,
    finished_at {time},
    moves {json}
) {strict};
CREATE UNIQUE INDEX badge_rule_preview_one_open ON badge_rule_preview (badge_rule_id)
    WHERE state IN ('WAITING', 'RUNNING');
CREATE INDEX badge_rule_preview_of_rule ON badge_rule_preview (badge_rule_id, asked_at, id);
CREATE INDEX badge_rule_preview_waiting ON badge_rule_preview (asked_at) WHERE state IN ('WAITING', 'RUNNING');
"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, SQL).await?;
        let kept = [
            "id",
            "code",
            "version",
            "branch_path",
            "valid_from",
            "name_zh",
            "name_en",
            "rule",
            "reason",
            "proposed_at",
        ];
        only_withdrawn(manager, "badge_rule", &kept).await
    }
}

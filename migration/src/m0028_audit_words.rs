//! What the audit trail says in words, and whom somebody looked at, can be erased: from now on a seal stands for it in the
//! hash. What was written before stays as it is. The table stays append-only for all else.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::ddl::ddl;

#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: &str = "
ALTER TABLE audit_entry ADD COLUMN reason_salt text;
ALTER TABLE audit_entry ADD COLUMN reason_seal text;
ALTER TABLE audit_entry ADD COLUMN look_salt text;
ALTER TABLE audit_entry ADD COLUMN look_seal text;
CREATE INDEX audit_entry_looks ON audit_entry (at) WHERE look_salt IS NOT NULL;
";

/// A row may lose its reason with the salt, or its look with the salt, and change in no other way.
const ONLY_ERASED: &str = "
    NEW.id = OLD.id AND NEW.chain = OLD.chain AND NEW.seq = OLD.seq AND NEW.at = OLD.at
    AND NEW.actor IS NOT DISTINCT FROM OLD.actor AND NEW.actor_roles = OLD.actor_roles
    AND NEW.action = OLD.action AND NEW.subject = OLD.subject AND NEW.request_id = OLD.request_id
    AND NEW.previous_hash = OLD.previous_hash AND NEW.hash = OLD.hash
    AND NEW.reason_seal IS NOT DISTINCT FROM OLD.reason_seal AND NEW.look_seal IS NOT DISTINCT FROM OLD.look_seal
    AND ((NEW.reason IS NOT DISTINCT FROM OLD.reason AND NEW.reason_salt IS NOT DISTINCT FROM OLD.reason_salt)
         OR (OLD.reason_seal IS NOT NULL AND NEW.reason IS NULL AND NEW.reason_salt IS NULL))
    AND ((NEW.subject_id = OLD.subject_id AND NEW.subject_person IS NOT DISTINCT FROM OLD.subject_person
          AND NEW.sights = OLD.sights AND NEW.purpose IS NOT DISTINCT FROM OLD.purpose
          AND NEW.look_salt IS NOT DISTINCT FROM OLD.look_salt)
         OR (OLD.look_seal IS NOT NULL AND NEW.subject_id = {nobody} AND NEW.subject_person IS NULL
             AND NEW.sights = '[]' AND NEW.purpose IS NULL AND NEW.look_salt IS NULL))";

const SQLITE: &str = "
DROP TRIGGER audit_entry_no_UPDATE;
CREATE TRIGGER audit_entry_no_UPDATE BEFORE UPDATE ON audit_entry WHEN NOT ({only_erased})
    BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
";

const POSTGRES: &str = "
DROP TRIGGER audit_entry_append_only ON audit_entry;
CREATE TRIGGER audit_entry_append_only BEFORE DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only();
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    FOR EACH ROW WHEN (NOT ({only_erased})) EXECUTE FUNCTION audit_entry_append_only();
";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        ddl(manager, COLUMNS).await?;
        let (triggers, nobody) = match manager.get_database_backend() {
            DbBackend::Sqlite => (SQLITE, "x'00000000000000000000000000000000'"),
            _ => (POSTGRES, "'00000000-0000-0000-0000-000000000000'"),
        };
        ddl(manager, &triggers.replace("{only_erased}", &ONLY_ERASED.replace("{nobody}", nobody))).await
    }
}

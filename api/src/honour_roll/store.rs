//! Issues and entries in the database.

use boai_entity::{
    Instant,
    honour_kinds::ShownName,
    honour_roll_entry, honour_roll_issue,
    ids::{BranchId, HonourRollEntryId, HonourRollIssueId, PersonId, VolunteerId},
};
use chrono::NaiveDate;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    Value,
};
use uuid::Uuid;

use crate::platform::{
    db,
    pages::{Page, Slice},
};

pub async fn add_issue(db: &impl ConnectionTrait, issue: honour_roll_issue::Model) -> Result<(), DbErr> {
    let issue: honour_roll_issue::ActiveModel = issue.into();
    honour_roll_issue::Entity::insert(issue).exec_without_returning(db).await?;
    Ok(())
}

/// An issue, with its branch's place.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PlacedIssue {
    #[sea_orm(nested)]
    pub issue: honour_roll_issue::Model,
    pub branch_path: String,
    pub branch_name: String,
}

/// An issue whose row is held: who is put into it or agrees comes before it is published, or after.
pub async fn hold_issue(db: &impl ConnectionTrait, id: HonourRollIssueId) -> Result<Option<PlacedIssue>, DbErr> {
    let held = match db.get_database_backend() {
        DbBackend::Sqlite => "",
        _ => "FOR NO KEY UPDATE OF i",
    };
    let text = format!(
        "SELECT i.*, b.path AS branch_path, b.name AS branch_name FROM honour_roll_issue i
         JOIN branch b ON b.id = i.branch_id WHERE i.id = $1 {held}"
    );
    db::one(db, text, [id.into()]).await
}

/// What an issue is called to whoever made it.
pub async fn issue_named(db: &impl ConnectionTrait, id: HonourRollIssueId) -> Result<Option<String>, DbErr> {
    Ok(honour_roll_issue::Entity::find_by_id(id).one(db).await?.map(|issue| issue.title))
}

/// A branch's issues, published or not, the newest day first.
pub async fn issues(
    db: &impl ConnectionTrait,
    branch: BranchId,
    published: bool,
    page: Page<(NaiveDate, Uuid)>,
) -> Result<Slice<honour_roll_issue::Model>, DbErr> {
    use honour_roll_issue::Column;
    let select = honour_roll_issue::Entity::find().filter(Column::BranchId.eq(branch));
    let select = match published {
        true => select.filter(Column::PublishedAt.is_not_null()),
        false => select.filter(Column::PublishedAt.is_null()),
    };
    let mut cursor = select.cursor_by((Column::IssuedOn, Column::Id));
    cursor.desc();
    page.fetch(cursor, db).await
}

pub async fn publish_issue(
    db: &impl ConnectionTrait,
    id: HonourRollIssueId,
    by: PersonId,
    now: Instant,
) -> Result<(), DbErr> {
    let text = "UPDATE honour_roll_issue SET published_by = $2, published_at = $3 WHERE id = $1";
    db::run(db, text, [id.into(), by.into(), now.into()]).await?;
    Ok(())
}

pub async fn people_in(db: &impl ConnectionTrait, issue: HonourRollIssueId) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM honour_roll_entry WHERE issue_id = $1";
    let count: Option<Count> = db::one(db, text, [issue.into()]).await?;
    Ok(count.map_or(0, |count| count.count))
}

/// Puts somebody into an issue, or asks them anew about another story. None when they have said no.
pub async fn put(
    db: &impl ConnectionTrait,
    row: honour_roll_entry::Model,
) -> Result<Option<honour_roll_entry::Model>, DbErr> {
    let text = "INSERT INTO honour_roll_entry
                    (id, issue_id, volunteer_id, place, story, revision, state, asked_by, asked_at)
                VALUES ($1, $2, $3, $4, $5, 1, 'ASKED', $6, $7)
                ON CONFLICT (issue_id, volunteer_id) DO UPDATE SET
                    story = excluded.story, revision = honour_roll_entry.revision + 1, state = 'ASKED',
                    asked_by = excluded.asked_by, asked_at = excluded.asked_at, agreed_at = NULL, shown_name = NULL,
                    guardian_agreed_at = NULL, guardian_allows = NULL
                WHERE honour_roll_entry.state IN ('ASKED', 'AGREED')
                RETURNING *";
    let values = [
        row.id.into(),
        row.issue_id.into(),
        row.volunteer_id.into(),
        row.place.into(),
        row.story.into(),
        row.asked_by.into(),
        row.asked_at.into(),
    ];
    db::one(db, text, values).await
}

pub async fn entry(
    db: &impl ConnectionTrait,
    id: HonourRollEntryId,
) -> Result<Option<honour_roll_entry::Model>, DbErr> {
    honour_roll_entry::Entity::find_by_id(id).one(db).await
}

/// Agrees to a story, for as long as the issue is a draft. None when that is not to be agreed to.
pub async fn agree(
    db: &impl ConnectionTrait,
    (id, revision): (HonourRollEntryId, i32),
    volunteer: VolunteerId,
    name: ShownName,
    now: Instant,
) -> Result<Option<honour_roll_entry::Model>, DbErr> {
    let text = "UPDATE honour_roll_entry SET state = 'AGREED', shown_name = $4, agreed_at = $5
                WHERE id = $1 AND volunteer_id = $2 AND revision = $3 AND state IN ('ASKED', 'AGREED') RETURNING *";
    db::one(db, text, [id.into(), volunteer.into(), revision.into(), name.into(), now.into()]).await
}

/// The same of the guardian.
pub async fn guardian_agrees(
    db: &impl ConnectionTrait,
    (id, revision): (HonourRollEntryId, i32),
    volunteer: VolunteerId,
    name: ShownName,
    now: Instant,
) -> Result<Option<honour_roll_entry::Model>, DbErr> {
    let text = "UPDATE honour_roll_entry SET guardian_allows = $4, guardian_agreed_at = $5
                WHERE id = $1 AND volunteer_id = $2 AND revision = $3 AND state IN ('ASKED', 'AGREED') RETURNING *";
    db::one(db, text, [id.into(), volunteer.into(), revision.into(), name.into(), now.into()]).await
}

/// Takes somebody off an issue, published or not, and the story with them. At the very moment of the publication one comes after the
/// other, for both change this row: either it is not published, or it is taken down. None when it is over already.
pub async fn take_down(
    db: &impl ConnectionTrait,
    id: HonourRollEntryId,
    reason: Option<&str>,
    now: Instant,
) -> Result<Option<honour_roll_entry::Model>, DbErr> {
    let text = "UPDATE honour_roll_entry
                SET state = CASE WHEN state = 'ASKED' AND $2 IS NULL THEN 'DECLINED' ELSE 'TAKEN_DOWN' END, story = NULL,
                    shown_name = NULL, reason = $2, ended_at = $3
                WHERE id = $1 AND state IN ('ASKED', 'AGREED', 'PUBLISHED') RETURNING *";
    db::one(db, text, [id.into(), reason.into(), now.into()]).await
}

#[derive(FromQueryResult)]
struct Shown {
    volunteer_id: VolunteerId,
}

/// Publishes whoever has agreed at this moment, as has the guardian of who has one.
pub async fn publish_agreed(
    db: &impl ConnectionTrait,
    issue: HonourRollIssueId,
    of_age_if_born_by: NaiveDate,
    now: Instant,
) -> Result<Vec<VolunteerId>, DbErr> {
    let text = "UPDATE honour_roll_entry SET state = 'PUBLISHED', published_at = $3
                WHERE issue_id = $1 AND state = 'AGREED' AND EXISTS (
                    SELECT 1 FROM volunteer v WHERE v.id = honour_roll_entry.volunteer_id
                      AND (v.birth_date <= $2 OR honour_roll_entry.guardian_agreed_at IS NOT NULL))
                RETURNING volunteer_id";
    let shown: Vec<Shown> = db::all(db, text, [issue.into(), of_age_if_born_by.into(), now.into()]).await?;
    Ok(shown.into_iter().map(|row| row.volunteer_id).collect())
}

/// Leaves everybody else out, whose stories go.
pub async fn leave_out(db: &impl ConnectionTrait, issue: HonourRollIssueId, now: Instant) -> Result<(), DbErr> {
    let text = "UPDATE honour_roll_entry SET state = 'LEFT_OUT', story = NULL, ended_at = $2
                WHERE issue_id = $1 AND state IN ('ASKED', 'AGREED')";
    db::run(db, text, [issue.into(), now.into()]).await?;
    Ok(())
}

/// An entry that is shown, and who that is.
#[derive(Clone, Debug, FromQueryResult)]
pub struct PublishedPerson {
    pub id: HonourRollEntryId,
    pub person_id: PersonId,
}

pub async fn published_in(db: &impl ConnectionTrait, issue: HonourRollIssueId) -> Result<Vec<PublishedPerson>, DbErr> {
    let text = "SELECT e.id, v.person_id FROM honour_roll_entry e JOIN volunteer v ON v.id = e.volunteer_id
                WHERE e.issue_id = $1 AND e.state = 'PUBLISHED' ORDER BY e.place, e.id";
    db::all(db, text, [issue.into()]).await
}

/// An entry as everybody reads it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Honoured {
    #[sea_orm(nested)]
    pub entry: honour_roll_entry::Model,
    pub name: String,
    /// Whether the person's consent to showing the whole name is in force now.
    pub may_publish: bool,
}

/// What was published in an issue, in its order, with what was taken down since.
pub async fn honoured(
    db: &impl ConnectionTrait,
    issue: HonourRollIssueId,
    page: Page<(i32, Uuid)>,
) -> Result<Slice<Honoured>, DbErr> {
    let (beyond, order) = page.seek(false);
    let mut values: Vec<Value> = vec![issue.into()];
    let mut from = String::new();
    if let Some((place, id)) = page.from {
        values.extend([place.into(), id.into()]);
        from = format!("AND (e.place, e.id) {beyond} ($2, $3)");
    }
    let text = format!(
        "SELECT e.*, v.name, EXISTS (SELECT 1 FROM consent c WHERE c.person_id = v.person_id AND c.kind = 'PUBLICATION'
                                     AND c.withdrawn_at IS NULL) AS may_publish
         FROM honour_roll_entry e JOIN volunteer v ON v.id = e.volunteer_id
         WHERE e.issue_id = $1 AND e.published_at IS NOT NULL {from}
         ORDER BY e.place {order}, e.id {order} LIMIT {}",
        page.limit + 1
    );
    Ok(page.cut(db::all(db, text, values).await?))
}

/// Everybody in an issue, in its order.
pub async fn entries(
    db: &impl ConnectionTrait,
    issue: HonourRollIssueId,
    page: Page<(i32, Uuid)>,
) -> Result<Slice<honour_roll_entry::Model>, DbErr> {
    use honour_roll_entry::Column;
    let select = honour_roll_entry::Entity::find().filter(Column::IssueId.eq(issue));
    page.fetch(select.cursor_by((Column::Place, Column::Id)), db).await
}

/// A volunteer's own, newest first.
pub async fn of_volunteer(
    db: &impl ConnectionTrait,
    volunteer: VolunteerId,
) -> Result<Vec<honour_roll_entry::Model>, DbErr> {
    use honour_roll_entry::Column;
    let select = honour_roll_entry::Entity::find().filter(Column::VolunteerId.eq(volunteer));
    select.order_by_desc(Column::AskedAt).order_by_desc(Column::Id).limit(100).all(db).await
}

//! The people of a branch and their confirmed service, a stretch of volunteers at a time, and the jobs that go over them.

use std::collections::HashMap;

use boai_entity::{
    Instant, badge_rule, badge_rule_preview,
    ids::{ActivityId, BadgeRuleId, BadgeRulePreviewId, ShiftId, VolunteerId},
    kinds::Category,
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, FromQueryResult, Value, sea_query::OnConflict};

use crate::{
    platform::{db, leases::Jobs},
    recognition::{
        language::Fact,
        store::{STANDING, Standing},
    },
};

pub const JOBS: Jobs = Jobs("badge_rule_preview");

/// Puts a job down; false when one for this rule is under way already.
pub async fn ask(db: &impl ConnectionTrait, row: badge_rule_preview::Model) -> Result<bool, DbErr> {
    let inserted = badge_rule_preview::Entity::insert(badge_rule_preview::ActiveModel::from(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(inserted == 1)
}

pub async fn newest(db: &impl ConnectionTrait, rule: BadgeRuleId) -> Result<Option<badge_rule_preview::Model>, DbErr> {
    let text = "SELECT * FROM badge_rule_preview WHERE badge_rule_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 1";
    db::one(db, text, [rule.into()]).await
}

/// A job, and the branch whose badge it is about.
#[derive(FromQueryResult)]
pub struct Placed {
    #[sea_orm(nested)]
    pub preview: badge_rule_preview::Model,
    pub branch_path: String,
}

pub async fn placed(db: &impl ConnectionTrait, id: BadgeRulePreviewId) -> Result<Option<Placed>, DbErr> {
    let text = "SELECT w.*, r.branch_path FROM badge_rule_preview w JOIN badge_rule r ON r.id = w.badge_rule_id
                WHERE w.id = $1";
    db::one(db, text, [id.into()]).await
}

pub async fn rule(db: &impl ConnectionTrait, id: BadgeRuleId) -> Result<Option<badge_rule::Model>, DbErr> {
    badge_rule::Entity::find_by_id(id).one(db).await
}

/// Branches below that have a rule of their own for the badge by then: the one that waits does not reach them.
pub async fn own_ways_below(db: &impl ConnectionTrait, waits: &badge_rule::Model) -> Result<Vec<String>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        branch_path: String,
    }
    let text =
        "SELECT DISTINCT branch_path FROM badge_rule WHERE code = $3 AND withdrawn_at IS NULL AND valid_from <= $2
                  AND length(branch_path) > length($1) AND substr(branch_path, 1, length($1)) = $1";
    let values = [waits.branch_path.clone().into(), waits.valid_from.into(), waits.code.clone().into()];
    let rows: Vec<Row> = db::all(db, text, values).await?;
    Ok(rows.into_iter().map(|row| row.branch_path).collect())
}

pub async fn count_people(db: &impl ConnectionTrait, branch_path: &str) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM volunteer WHERE substr(residence_code, 1, length($1)) = $1";
    let row: Option<Row> = db::one(db, text, [branch_path.into()]).await?;
    Ok(row.map_or(0, |row| row.count))
}

/// A volunteer, where they live, and what badges ask beyond service.
#[derive(FromQueryResult)]
pub struct Resident {
    pub id: VolunteerId,
    pub residence_code: String,
    #[sea_orm(nested)]
    pub standing: Standing,
}

/// The next people who live below a branch, those who were erased left out.
pub async fn people_after(
    db: &impl ConnectionTrait,
    branch_path: &str,
    after: Option<VolunteerId>,
    count: u64,
) -> Result<Vec<Resident>, DbErr> {
    let mut values: Vec<Value> = vec![branch_path.into()];
    let mut beyond = "";
    if let Some(after) = after {
        values.push(after.into());
        beyond = "AND v.id > $2";
    }
    let text = format!(
        "SELECT v.id, v.residence_code, {STANDING} FROM volunteer v
         JOIN person p ON p.id = v.person_id AND p.erased_at IS NULL
         WHERE substr(v.residence_code, 1, length($1)) = $1 {beyond} ORDER BY v.id LIMIT {count}"
    );
    db::all(db, text, values).await
}

/// The confirmed service of a stretch of those people, first and last included.
pub async fn facts(
    db: &impl ConnectionTrait,
    branch_path: &str,
    (first, last): (VolunteerId, VolunteerId),
) -> Result<HashMap<VolunteerId, Vec<Fact>>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        volunteer_id: VolunteerId,
        activity_id: ActivityId,
        shift_id: ShiftId,
        category: Category,
        minutes: i32,
        served_from: Instant,
        served_to: Instant,
    }
    let text = "SELECT r.volunteer_id, r.activity_id, r.shift_id, r.category, r.minutes, r.served_from, r.served_to
                FROM volunteer v JOIN service_record r ON r.volunteer_id = v.id
                WHERE v.id BETWEEN $2 AND $3 AND substr(v.residence_code, 1, length($1)) = $1
                  AND r.state = 'CONFIRMED' AND r.minutes > 0";
    let rows: Vec<Row> = db::all(db, text, [branch_path.into(), first.into(), last.into()]).await?;
    let mut facts: HashMap<VolunteerId, Vec<Fact>> = HashMap::new();
    for row in rows {
        facts.entry(row.volunteer_id).or_default().push(Fact {
            activity: row.activity_id,
            shift: row.shift_id,
            category: row.category,
            minutes: row.minutes.into(),
            from: row.served_from,
            to: row.served_to,
        });
    }
    Ok(facts)
}

//! A whole town to try things out in: the real divisions and places of Zhejiang, and people who are not real.

mod activities;
mod bulk;
mod chance;
mod divisions;
mod history;
mod ledger;
mod names;
mod people;
mod themes;

use boai_entity::{
    Instant, activity, attendance, branch, consent, division, kinds::Role, ledger_entry, person, post, role_grant,
    service_record, shift, sign_up, team, team_member, volunteer, volunteer_total,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

use self::{chance::Chance, divisions::Zhejiang, history::History, ledger::Ledger, people::People};
use crate::{leaderboards, platform::db::Db};

/// 王小明: a volunteer on the way to the first star, in Li Fang's team.
pub const VOLUNTEER_PHONE: &str = "+8613800000001";
/// 李芳: leads a team of 杭州市西湖区, and is a volunteer herself.
pub const LEADER_PHONE: &str = "+8613800000002";
/// The site desk of that team.
pub const DESK_PHONE: &str = "+8613800000003";
/// The officer of 杭州市.
pub const OFFICER_PHONE: &str = "+8613800000004";
/// The officer of 浙江省, who is the second person where one is needed.
pub const PROVINCE_PHONE: &str = "+8613800000005";

/// What the loader made, for the demo to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Town {
    pub divisions: usize,
    pub branches: usize,
    pub teams: usize,
    pub activities: usize,
    pub shifts: usize,
    pub volunteers: usize,
    pub records: usize,
    pub confirmed_minutes: i64,
}

/// Progress: what is being loaded, how many are done, of how many.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Send + Sync);

/// Loads the demo into an empty, migrated database, all in one transaction: the same seed and the same civil day
/// (Asia/Shanghai) of `now` give the same rows.
pub async fn load(db: &Db, seed: u64, now: Instant, progress: Progress<'_>) -> Result<Town, DbErr> {
    let rows = Rows::new(seed, now);
    let tx = db.begin().await?;
    // Every row after those it refers to.
    bulk::insert::<division::Entity>(&tx, progress, "divisions", &rows.divisions).await?;
    bulk::insert::<branch::Entity>(&tx, progress, "branches", &rows.branches).await?;
    bulk::insert::<person::Entity>(&tx, progress, "persons", &rows.persons).await?;
    bulk::insert::<volunteer::Entity>(&tx, progress, "volunteers", &rows.volunteers).await?;
    bulk::insert::<consent::Entity>(&tx, progress, "consents", &rows.consents).await?;
    bulk::insert::<team::Entity>(&tx, progress, "teams", &rows.teams).await?;
    bulk::insert::<team_member::Entity>(&tx, progress, "members", &rows.members).await?;
    bulk::insert::<role_grant::Entity>(&tx, progress, "roles", &rows.grants).await?;
    bulk::insert::<activity::Entity>(&tx, progress, "activities", &rows.activities).await?;
    bulk::insert::<shift::Entity>(&tx, progress, "shifts", &rows.shifts).await?;
    bulk::insert::<post::Entity>(&tx, progress, "posts", &rows.posts).await?;
    bulk::insert::<sign_up::Entity>(&tx, progress, "sign-ups", &rows.sign_ups).await?;
    bulk::insert::<attendance::Entity>(&tx, progress, "attendances", &rows.attendances).await?;
    bulk::insert::<service_record::Entity>(&tx, progress, "records", &rows.records).await?;
    bulk::insert::<ledger_entry::Entity>(&tx, progress, "ledger entries", &rows.entries).await?;
    bulk::insert::<volunteer_total::Entity>(&tx, progress, "totals", &rows.totals).await?;
    let volunteers: Vec<_> = rows.volunteers.iter().map(|volunteer| volunteer.id).collect();
    for some in volunteers.chunks(500) {
        leaderboards::check::mend_in(&tx, some).await?;
    }
    tx.commit().await?;
    Ok(rows.town())
}

/// Whether the demo's data is there already (whole, since it is one transaction).
pub async fn is_loaded(db: &Db) -> Result<bool, DbErr> {
    let Some(officer) = person::Entity::find().filter(person::Column::Phone.eq(OFFICER_PHONE)).one(&db.conn).await?
    else {
        return Ok(false);
    };
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(officer.id))
        .filter(role_grant::Column::Role.eq(Role::BranchOfficer));
    Ok(grants.count(&db.conn).await? > 0)
}

#[derive(Debug, PartialEq)]
struct Rows {
    divisions: Vec<division::Model>,
    branches: Vec<branch::Model>,
    persons: Vec<person::Model>,
    volunteers: Vec<volunteer::Model>,
    consents: Vec<consent::Model>,
    teams: Vec<team::Model>,
    members: Vec<team_member::Model>,
    grants: Vec<role_grant::Model>,
    activities: Vec<activity::Model>,
    shifts: Vec<shift::Model>,
    posts: Vec<post::Model>,
    sign_ups: Vec<sign_up::Model>,
    attendances: Vec<attendance::Model>,
    records: Vec<service_record::Model>,
    entries: Vec<ledger_entry::Model>,
    totals: Vec<volunteer_total::Model>,
}

impl Rows {
    fn new(seed: u64, now: Instant) -> Self {
        let chance = Chance::new(seed, now);
        let zhejiang = Zhejiang::new(&chance);
        let mut people = People::new(&chance, &zhejiang);
        let mut activities = activities::all(&chance, &zhejiang, &people);
        let History { sign_ups, stays } = History::new(&chance, &people, &mut activities);
        let Ledger { records, entries, totals } = Ledger::new(&chance, &mut people, &activities, &stays);

        let mut rows = Self {
            divisions: zhejiang.divisions,
            branches: zhejiang.branches,
            persons: people.persons,
            volunteers: people.volunteers.into_iter().map(|volunteer| volunteer.row).collect(),
            consents: people.consents,
            teams: people.teams.into_iter().map(|team| team.row).collect(),
            members: people.members,
            grants: people.grants,
            activities: Vec::new(),
            shifts: Vec::new(),
            posts: Vec::new(),
            sign_ups,
            attendances: stays.into_iter().map(|stay| stay.row).collect(),
            records,
            entries,
            totals,
        };
        for activity in activities {
            rows.activities.push(activity.row);
            for shift in activity.shifts {
                rows.shifts.push(shift.row);
                rows.posts.extend(shift.posts);
            }
        }
        rows
    }

    fn town(&self) -> Town {
        Town {
            divisions: self.divisions.len(),
            branches: self.branches.len(),
            teams: self.teams.len(),
            activities: self.activities.len(),
            shifts: self.shifts.len(),
            volunteers: self.volunteers.len(),
            records: self.records.len(),
            confirmed_minutes: self.entries.iter().map(|entry| i64::from(entry.confirmed_minutes)).sum(),
        }
    }
}

#[cfg(test)]
mod tests;

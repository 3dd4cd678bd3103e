//! Teams, the volunteers in them, and who may do what.

use std::collections::BTreeSet;

use boai_entity::{
    Instant, consent,
    ids::{BranchId, ConsentId, PersonId, RoleGrantId, TeamId, VolunteerId},
    kinds::{Category, ConsentKind, DayPart, MembershipState, Role, Skill, VolunteerState, Weekday},
    person, role_grant, team, team_member,
    volunteer::{self, Availability, Skills},
};
use chrono::{Datelike, Months, NaiveDate, TimeDelta};
use sea_orm::Iterable;

use super::{
    DESK_PHONE, LEADER_PHONE, OFFICER_PHONE, PROVINCE_PHONE, VOLUNTEER_PHONE, chance::Chance, divisions::Zhejiang,
    names,
};
use crate::platform::civil::civil_day;

pub const VOLUNTEERS: usize = 400;
/// 王小明's and 李芳's places among the volunteers. Those after him lead the teams, each his own.
pub const WANG_XIAOMING: usize = 0;
pub const LI_FANG: usize = 1;
/// Li Fang's team.
pub const HER_TEAM: usize = 0;
/// 西湖区 of Hangzhou, where her team is, and 转塘街道, where Wang Xiaoming lives.
pub const WEST_LAKE: &str = "330106";
pub const ZHUANTANG: &str = "330106010";

const ZHEJIANG: &str = "33";
const HANGZHOU: &str = "3301";
const TEAMS_PER_CITY: [(&str, usize); 11] = [
    (HANGZHOU, 16),
    ("3302", 9),
    ("3303", 7),
    ("3304", 5),
    ("3305", 3),
    ("3306", 5),
    ("3307", 5),
    ("3308", 2),
    ("3309", 2),
    ("3310", 4),
    ("3311", 2),
];
const FIRST_TEAMS: [Category; 3] = [Category::FirstAid, Category::Rescue, Category::Elderly];
const MORE_IN_HER_TEAM: usize = 24;
const MINORS: usize = 2;

pub struct Team {
    pub row: team::Model,
    /// The county, or the township in it, whose branch it belongs to.
    pub division: String,
}

impl Team {
    pub fn county(&self) -> &str {
        &self.division[..6]
    }
}

pub struct Volunteer {
    pub row: volunteer::Model,
    /// Places among the teams.
    pub teams: Vec<usize>,
}

impl Volunteer {
    pub fn lives_in(&self, code: &str) -> bool {
        self.row.residence_code.starts_with(code)
    }
}

pub struct People {
    pub teams: Vec<Team>,
    pub volunteers: Vec<Volunteer>,
    pub persons: Vec<person::Model>,
    pub consents: Vec<consent::Model>,
    pub members: Vec<team_member::Model>,
    pub grants: Vec<role_grant::Model>,
}

impl People {
    pub fn new(chance: &Chance, zhejiang: &Zhejiang) -> Self {
        let (volunteers, persons, consents) = (Vec::new(), Vec::new(), Vec::new());
        let teams = teams(chance, zhejiang);
        let mut people = Self { teams, volunteers, persons, consents, members: Vec::new(), grants: Vec::new() };
        people.enrol_all(chance, zhejiang);
        people.join_teams(chance);
        people.grant_roles(chance, zhejiang);
        people
    }

    /// The person who leads a team.
    pub fn leader(&self, team: usize) -> PersonId {
        self.volunteers[LI_FANG + team].row.person_id
    }

    fn enrol_all(&mut self, chance: &Chance, zhejiang: &Zhejiang) {
        let villages: Vec<_> = self.teams.iter().map(|team| zhejiang.villages_in(team.county())).collect();
        let zhuantang = zhejiang.villages_in(ZHUANTANG);
        let mut numbers = BTreeSet::new();
        let leaders = LI_FANG..LI_FANG + self.teams.len();
        for place in 0..VOLUNTEERS {
            let team = match place {
                WANG_XIAOMING => HER_TEAM,
                _ if leaders.contains(&place) => place - leaders.start,
                _ if place < leaders.end + MORE_IN_HER_TEAM => HER_TEAM,
                _ => chance.between(0, self.teams.len() as i64 - 1) as usize,
            };
            let minor = place >= VOLUNTEERS - MINORS;
            let days_ago = match place {
                // First, so that someone could decide on the others.
                _ if leaders.contains(&place) => chance.between(1600, 2000),
                // No one under 14 may enrol.
                _ if minor => chance.between(110, 300),
                _ => chance.between(110, 1500),
            };
            let enrolled_at = chance.at(-days_ago, chance.between(8 * 60, 21 * 60));
            let person_id = self.person(chance, phone(place), enrolled_at);
            let birth_date = if minor { born_a_minor(chance) } else { born_an_adult(chance, enrolled_at) };
            let number = std::iter::repeat_with(|| {
                format!("{}{:08}", civil_day(enrolled_at).year(), chance.between(0, 99_999_999))
            })
            .find(|number| numbers.insert(number.clone()))
            .unwrap_or_default();
            let registered_at = leaders.contains(&place).then(|| enrolled_at + TimeDelta::days(200));
            let mut row = volunteer::Model {
                id: VolunteerId(chance.id(enrolled_at)),
                person_id,
                number,
                name: names::person(chance, birth_date.year()),
                birth_date,
                guardian_name: minor.then(|| names::person(chance, 1980)),
                guardian_phone: minor.then(|| format!("+86{}", 13_700_000_000 + place)),
                residence_code: (*chance.pick(&villages[team])).to_owned(),
                skills: skills(chance, self.teams[team].row.speciality),
                availability: availability(chance),
                // The others' time comes with their hours.
                state: if registered_at.is_some() { VolunteerState::Registered } else { VolunteerState::Enrolled },
                enrolled_at,
                registered_at,
            };
            match place {
                WANG_XIAOMING => {
                    row.name = "王小明".into();
                    row.birth_date = NaiveDate::from_ymd_opt(1996, 3, 12).unwrap_or(row.birth_date);
                    row.residence_code = (*chance.pick(&zhuantang)).to_owned();
                    row.skills = Skills(vec![Skill::FirstAid]);
                }
                LI_FANG => {
                    row.name = "李芳".into();
                    row.birth_date = NaiveDate::from_ymd_opt(1979, 10, 5).unwrap_or(row.birth_date);
                }
                _ => {}
            }
            let guardians = row.guardian_phone.is_some().then_some(ConsentKind::Guardian);
            for kind in [ConsentKind::Terms, ConsentKind::Location].into_iter().chain(guardians) {
                self.consents.push(consent::Model {
                    id: ConsentId(chance.id(enrolled_at)),
                    person_id,
                    kind,
                    version: "2026-01".into(),
                    given_at: enrolled_at,
                    withdrawn_at: None,
                });
            }
            self.volunteers.push(Volunteer { row, teams: vec![team] });
        }
    }

    /// Everyone is in one team; one in five, if neither a leader nor Wang Xiaoming, in a second of the same city.
    fn join_teams(&mut self, chance: &Chance) {
        for place in 0..self.volunteers.len() {
            let team = self.volunteers[place].teams[0];
            if place > self.teams.len() && chance.percent(20) {
                let near = |other: &usize| {
                    *other != team && self.teams[*other].county()[..4] == self.teams[team].county()[..4]
                };
                let others: Vec<_> = (0..self.teams.len()).filter(near).collect();
                self.volunteers[place].teams.extend(others.get(chance.between(0, others.len() as i64 - 1) as usize));
            }
            let volunteer = &self.volunteers[place];
            for &team in &volunteer.teams {
                let asked_at = volunteer.row.enrolled_at + TimeDelta::minutes(chance.between(5, 14 * 24 * 60));
                let leader = self.leader(team);
                self.members.push(team_member::Model {
                    team_id: self.teams[team].row.id,
                    volunteer_id: volunteer.row.id,
                    state: MembershipState::Accepted,
                    asked_at,
                    decided_at: Some(asked_at + TimeDelta::minutes(chance.between(20, 3 * 24 * 60))),
                    decided_by: Some(leader).filter(|leader| *leader != volunteer.row.person_id),
                });
            }
        }
    }

    fn grant_roles(&mut self, chance: &Chance, zhejiang: &Zhejiang) {
        for team in 0..self.teams.len() {
            let leader = &self.volunteers[LI_FANG + team].row;
            let (person, since) = (leader.person_id, leader.enrolled_at + TimeDelta::days(30));
            self.grant(chance, person, Role::TeamLeader, None, Some(self.teams[team].row.id), since);
        }
        let since = chance.at(-400, 9 * 60);
        let desk = self.person(chance, DESK_PHONE.into(), since);
        self.grant(chance, desk, Role::DeskOperator, None, Some(self.teams[HER_TEAM].row.id), since);
        for (phone, division) in [(OFFICER_PHONE, HANGZHOU), (PROVINCE_PHONE, ZHEJIANG)] {
            let officer = self.person(chance, phone.into(), since);
            self.grant(chance, officer, Role::BranchOfficer, zhejiang.branch(division), None, since);
        }
    }

    fn person(&mut self, chance: &Chance, phone: String, created_at: Instant) -> PersonId {
        let id = PersonId(chance.id(created_at));
        self.persons.push(person::Model { id, phone, created_at, erased_at: None });
        id
    }

    fn grant(
        &mut self,
        chance: &Chance,
        person_id: PersonId,
        role: Role,
        branch_id: Option<BranchId>,
        team_id: Option<TeamId>,
        granted_at: Instant,
    ) {
        let id = RoleGrantId(chance.id(granted_at));
        self.grants.push(role_grant::Model {
            id,
            person_id,
            role,
            branch_id,
            team_id,
            granted_by: None,
            granted_at,
            ends_at: branch_id.map(|_| chance.at(365, 0)),
            revoked_at: None,
            renewed_at: None,
            renewed_by: None,
            reminded_at: None,
        });
    }
}

/// The first three are in 西湖区, Li Fang's before all. None has the same speciality as another of its branch.
fn teams(chance: &Chance, zhejiang: &Zhejiang) -> Vec<Team> {
    let mut teams: Vec<Team> = Vec::new();
    let mut seen = BTreeSet::new();
    for (city, count) in TEAMS_PER_CITY {
        let sites = zhejiang.sites_in(city);
        let specialities: Vec<_> = Category::iter().collect();
        let end = teams.len() + count;
        while teams.len() < end {
            let (division, speciality) = match FIRST_TEAMS.get(teams.len()) {
                Some(speciality) => (WEST_LAKE, *speciality),
                None => {
                    let site = chance.pick(&sites);
                    let division = if chance.percent(60) { site.county() } else { &site.code };
                    (division, *chance.pick(&specialities))
                }
            };
            let Some(branch_id) = zhejiang.branch(division) else { continue };
            if !seen.insert((branch_id, speciality)) {
                continue;
            }
            let created_at = chance.at(-chance.between(2100, 3600), chance.between(9 * 60, 17 * 60));
            let name = zhejiang.name(division);
            let row = team::Model {
                id: TeamId(chance.id(created_at)),
                branch_id,
                name: names::team(name, speciality),
                speciality,
                description: names::team_description(name, speciality),
                created_at,
            };
            teams.push(Team { row, division: division.into() });
        }
    }
    teams
}

fn phone(place: usize) -> String {
    match place {
        WANG_XIAOMING => VOLUNTEER_PHONE.into(),
        LI_FANG => LEADER_PHONE.into(),
        _ => format!("+86{}", 13_900_000_000 + place - LI_FANG),
    }
}

/// Born 1950–2008, and of age when they enrolled.
fn born_an_adult(chance: &Chance, enrolled_at: Instant) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(1950, 1, 1).unwrap_or_default();
    let last = NaiveDate::from_ymd_opt(2008, 12, 31).unwrap_or_default();
    let last = last.min(enrolled_at.date_naive() - Months::new(18 * 12 + 1));
    first + TimeDelta::days(chance.between(0, (last - first).num_days()))
}

/// From 15 to 17 years old today.
fn born_a_minor(chance: &Chance) -> NaiveDate {
    chance.date(-chance.between(0, 300)) - Months::new(15 * 12) - Months::new(12 * chance.between(0, 1) as u32)
}

/// What the team's work takes, and sometimes something more.
fn skills(chance: &Chance, speciality: Category) -> Skills {
    let mut skills = match speciality {
        Category::Rescue => vec![Skill::FirstAid, *chance.pick(&[Skill::WaterRescue, Skill::MountainRescue])],
        Category::FirstAid => vec![Skill::FirstAid],
        Category::Psychosocial => vec![Skill::Psychosocial],
        _ => Vec::new(),
    };
    let more: Vec<_> =
        Skill::iter().filter(|skill| !matches!(skill, Skill::WaterRescue | Skill::MountainRescue)).collect();
    skills.extend((0..chance.between(0, 2)).map(|_| *chance.pick(&more)));
    skills.sort_unstable();
    skills.dedup();
    Skills(skills)
}

fn availability(chance: &Chance) -> Availability {
    let (days, parts): (Vec<_>, Vec<_>) = (Weekday::iter().collect(), DayPart::iter().collect());
    let times: BTreeSet<_> = (0..chance.between(2, 5)).map(|_| (*chance.pick(&days), *chance.pick(&parts))).collect();
    Availability(times.into_iter().collect())
}

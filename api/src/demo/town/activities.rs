//! What the teams do: some in the past twelve weeks, some in the coming four.

use std::collections::BTreeSet;

use boai_entity::{
    activity,
    ids::{ActivityId, PostId, ShiftId},
    kinds::{ActivityKind, ActivityState},
    post, shift,
    volunteer::Skills,
};
use chrono::TimeDelta;
use geo::{Destination, Haversine};

use super::{
    chance::Chance,
    divisions::{Site, Zhejiang},
    names,
    people::{HER_TEAM, People, WEST_LAKE, ZHUANTANG},
    themes::{self, Theme},
};
use crate::places::geodesy::Point;

const ACTIVITIES: usize = 300;
/// They come first among the activities.
pub const VACCINATION_SITES: usize = 14;
/// 06:30–11:30 and 13:00–17:00.
const SITE_MORNING: themes::Hours = (6 * 60 + 30, 11 * 60 + 30);
const SITE_AFTERNOON: themes::Hours = (13 * 60, 17 * 60);
/// 湖滨, at the West Lake in Hangzhou: WGS-84 degrees. The README's first check-in by hand takes place here.
const STATION: (f64, f64) = (30.2550, 120.1580);
const STATION_HOURS: [themes::Hours; 3] = [(0, 8 * 60), (8 * 60, 16 * 60), (16 * 60, 24 * 60)];
const STATION_CAPACITY: i64 = 60;
const SITE_POSTS: [&str; 3] = ["引导", "登记", "留观"];
pub const MASS_SITE_CAPACITY: i64 = 40;
const RADII_M: [i32; 6] = [100, 150, 200, 300, 300, 500];

pub struct Activity {
    pub row: activity::Model,
    pub point: Point,
    /// Its place among the teams.
    pub team: usize,
    pub shifts: Vec<Shift>,
}

pub struct Shift {
    pub row: shift::Model,
    pub posts: Vec<post::Model>,
    /// Days from today; those before have happened.
    pub day: i64,
}

/// When a shift is and for how many, before it has an id.
struct Slot {
    day: i64,
    hours: themes::Hours,
    capacity: i64,
    posts: &'static [&'static str],
}

pub fn all(chance: &Chance, zhejiang: &Zhejiang, people: &People) -> Vec<Activity> {
    let builder = Builder { chance, zhejiang, people };
    let mut activities = builder.vaccination_sites();
    activities.push(builder.first_aid_station());
    let teams = people.teams.len();
    for number in 0..ACTIVITIES - activities.len() {
        activities.push(builder.team_activity(number % teams, number / teams));
    }
    activities
}

struct Builder<'a> {
    chance: &'a Chance,
    zhejiang: &'a Zhejiang,
    people: &'a People,
}

impl Builder<'_> {
    /// Li Fang's team runs the first two: one goes on today, the other gave Wang Xiaoming most of his hours. The third and
    /// fourth are the mass sites of Hangzhou and Ningbo.
    fn vaccination_sites(&self) -> Vec<Activity> {
        let chance = self.chance;
        let mut used = BTreeSet::new();
        let mut activities = Vec::new();
        for number in 0.. {
            if activities.len() == VACCINATION_SITES {
                break;
            }
            let small = chance.between(2, 4) * 2;
            let (code, team, first_day, days, capacity) = match number {
                0 => (ZHUANTANG.to_owned(), HER_TEAM, -9, 20, 6),
                1 => (WEST_LAKE.to_owned(), HER_TEAM, -45, 14, 8),
                2 => self.near_a_team_of("3301", -6, 10, MASS_SITE_CAPACITY),
                3 => self.near_a_team_of("3302", -60, 8, MASS_SITE_CAPACITY),
                _ if number % 5 < 3 => self.near_a_team_of("", chance.between(-83, -14), chance.between(7, 12), small),
                _ => self.near_a_team_of("", chance.between(-4, 14), chance.between(7, 12), small),
            };
            let free = self.zhejiang.sites_in(&code).into_iter().filter(|site| !used.contains(&site.code.as_str()));
            let free: Vec<_> = free.collect();
            if free.is_empty() {
                continue;
            }
            let site = *chance.pick(&free);
            used.insert(site.code.as_str());
            let mut slots = Vec::new();
            for day in first_day..first_day + days {
                slots.push(Slot { day, hours: SITE_MORNING, capacity, posts: &SITE_POSTS });
                slots.push(Slot { day, hours: SITE_AFTERNOON, capacity, posts: &[] });
            }
            activities.push(self.activity(&themes::VACCINATION_SITE, team, site, slots, ActivityState::Published));
        }
        activities
    }

    /// Open day and night beside the West Lake, so that whoever tries the demo finds a shift that runs right now.
    fn first_aid_station(&self) -> Activity {
        let site = self.chance.pick(&self.zhejiang.sites_in(WEST_LAKE)).to_owned();
        let slots = (0..28)
            .flat_map(|day| STATION_HOURS.map(|hours| Slot { day, hours, capacity: STATION_CAPACITY, posts: &[] }));
        let mut station =
            self.activity(&themes::FIRST_AID_STATION, HER_TEAM, site, slots.collect(), ActivityState::Published);
        if let Ok(point) = Point::wgs84(STATION.0, STATION.1) {
            station.point = point;
            (station.row.latitude, station.row.longitude) = STATION;
            [station.row.unit_x, station.row.unit_y, station.row.unit_z] = point.unit_vector();
        }
        station.row.radius_m = 300;
        station
    }

    /// A county with a team of the city, that team, and the rest as given.
    fn near_a_team_of(&self, city: &str, first_day: i64, days: i64, capacity: i64) -> (String, usize, i64, i64, i64) {
        let teams: Vec<_> =
            (1..self.people.teams.len()).filter(|it| self.people.teams[*it].division.starts_with(city)).collect();
        let team = *self.chance.pick(&teams);
        (self.people.teams[team].county().to_owned(), team, first_day, days, capacity)
    }

    /// The team's activity of this number: of each five, three have been and two are to come.
    fn team_activity(&self, team: usize, number: usize) -> Activity {
        let chance = self.chance;
        let of_team = &self.people.teams[team];
        let theme = match themes::of(of_team.row.speciality) {
            _ if chance.percent(22) => chance.pick(&themes::OF_ALL),
            own => chance.pick(own),
        };
        let own_town = self.zhejiang.sites_in(&of_team.division);
        let county = self.zhejiang.sites_in(of_team.county());
        let site = *chance.pick(if own_town.is_empty() || chance.percent(30) { &county } else { &own_town });

        let past = number % 5 < 3;
        let days = if theme.kind == ActivityKind::Meeting { 1 } else { chance.between(1, 3) };
        let first_day = if past { chance.between(-83, -days) } else { chance.between(1, 28 - days) };
        let capacity = chance.between(2, 8) * 5;
        let slots = (first_day..first_day + days).map(|day| Slot { day, hours: theme.hours, capacity, posts: &[] });
        let state = match chance.between(1, 100) {
            ..=4 => ActivityState::Cancelled,
            5..=16 if !past => ActivityState::Draft,
            _ => ActivityState::Published,
        };
        self.activity(theme, team, site, slots.collect(), state)
    }

    fn activity(&self, theme: &Theme, team: usize, site: &Site, slots: Vec<Slot>, state: ActivityState) -> Activity {
        let chance = self.chance;
        let first_day = slots.iter().map(|slot| slot.day).min().unwrap_or_default();
        let created_at = chance.at((first_day - chance.between(10, 20)).min(-4), chance.between(9 * 60, 20 * 60));
        let published_at =
            (state != ActivityState::Draft).then(|| created_at + TimeDelta::minutes(chance.between(10, 2000)));
        let id = ActivityId(chance.id(created_at));
        let shifts: Vec<_> = slots.into_iter().map(|slot| self.shift(id, slot)).collect();
        let (starts, ends) = (shifts.iter().map(|it| it.row.starts_at), shifts.iter().map(|it| it.row.ends_at));
        let (starts_at, ends_at) = (starts.min().unwrap_or_default(), ends.max().unwrap_or_default());
        let cancelled_at = published_at
            .filter(|_| state == ActivityState::Cancelled)
            .map(|published_at| chance.moment(published_at + TimeDelta::hours(1), starts_at.min(chance.midnight)));

        let of_team = &self.people.teams[team].row;
        let words = |text: &str| text.replace("{town}", &site.name).replace("{team}", &of_team.name);
        let [city, county] = [&site.code[..4], site.county()].map(|code| self.zhejiang.name(code));
        let point = offset(site.centre, chance.between(0, 359) as f64, chance.tenths(0.0, 800.0));
        let [unit_x, unit_y, unit_z] = point.unit_vector();
        let row = activity::Model {
            id,
            team_id: of_team.id,
            kind: theme.kind,
            category: theme.category.unwrap_or(of_team.speciality),
            title: words(theme.title),
            description: words(theme.description),
            risks: words(theme.risks),
            place_name: words(theme.venue),
            address: format!("浙江省{city}{county}{}{}", site.name, names::door(chance)),
            division_code: site.code.clone(),
            latitude: point.latitude(),
            longitude: point.longitude(),
            unit_x,
            unit_y,
            unit_z,
            radius_m: *chance.pick(&RADII_M),
            skills_required: Skills(theme.skills.to_vec()),
            minimum_age: theme.minimum_age,
            dangerous: theme.dangerous,
            state,
            person_in_charge: self.people.leader(team),
            created_at,
            published_at,
            cancelled_at,
            cancel_reason: cancelled_at.map(|_| chance.pick(&CANCEL_REASONS).to_string()),
            starts_at,
            ends_at,
            facility_id: None,
        };
        Activity { row, point, team, shifts }
    }

    fn shift(&self, activity_id: ActivityId, Slot { day, hours: (from, to), capacity, posts }: Slot) -> Shift {
        let (chance, starts_at) = (self.chance, self.chance.at(day, from));
        let created_at = chance.at(day.min(0) - 4, 0);
        let id = ShiftId(chance.id(created_at));
        let row = shift::Model::new(id, activity_id, starts_at, chance.at(day, to), capacity as i32);
        let share = |number: usize| (capacity as usize + posts.len() - 1 - number) / posts.len();
        let posts = posts.iter().enumerate().map(|(number, name)| post::Model {
            id: PostId(chance.id(created_at)),
            shift_id: id,
            name: (*name).into(),
            capacity: share(number) as i32,
            taken: 0,
        });
        Shift { row, posts: posts.collect(), day }
    }
}

const CANCEL_REASONS: [&str; 4] = [
    "台风预警，为安全起见取消，改期另行通知。",
    "场地临时维修，活动取消。",
    "报名人数不足，本次活动取消，敬请谅解。",
    "与街道活动冲突，取消后择日再办。",
];

/// The point so many metres away, to a millionth of a degree (a decimetre), as phones give it.
pub fn offset(from: Point, bearing: f64, metres: f64) -> Point {
    let there = Haversine.destination(geo::Point::new(from.longitude(), from.latitude()), bearing, metres);
    let [latitude, longitude] = [there.y(), there.x()].map(|degrees| (degrees * 1e6).round() / 1e6);
    Point::wgs84(latitude, longitude).unwrap_or(from)
}

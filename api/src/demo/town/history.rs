//! Who signed up, who came, and how their phones proved it.

use std::collections::BTreeSet;

use boai_entity::{
    attendance,
    ids::{AttendanceId, PolicyId, PostId, SignUpId},
    kinds::{ActivityState, AttendanceState, EvidenceGrade, SignUpState},
    sign_up,
};
use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    activities::{Activity, MASS_SITE_CAPACITY, Shift, VACCINATION_SITES, offset},
    chance::Chance,
    people::{People, Volunteer, WANG_XIAOMING},
};

/// The policy that migration m0009 brings.
pub const POLICY: PolicyId = PolicyId(Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001));

/// Shifts from this day on wait for their leaders.
pub const FIRST_PENDING_DAY: i64 = -4;
/// Wang Xiaoming's older shifts come to this much; a little less is confirmed, so the first star (100 h) is near.
const HIS_MINUTES: i64 = 86 * 60;
const HIS_PENDING_SHIFTS: usize = 2;
const ON_THE_WAIT_LIST: usize = 3;

/// Places in the lists of activities, of its shifts, and of volunteers.
#[derive(Clone, Copy)]
pub struct Seat {
    pub activity: usize,
    pub shift: usize,
    pub volunteer: usize,
}

/// A stay at a past shift.
pub struct Stay {
    pub seat: Seat,
    pub row: attendance::Model,
}

pub struct History {
    pub sign_ups: Vec<sign_up::Model>,
    pub stays: Vec<Stay>,
}

impl History {
    /// Signs people up and counts them into the shifts and posts.
    pub fn new(chance: &Chance, people: &People, activities: &mut [Activity]) -> Self {
        let busy = vec![BTreeSet::new(); people.volunteers.len()];
        let mut book = SignUpBook { chance, people, activities, busy, sign_ups: Vec::new(), seats: Vec::new() };
        book.sign_up_wang_xiaoming();
        book.sign_up_the_others();

        let SignUpBook { sign_ups, seats, .. } = book;
        let mut stays = Vec::new();
        for seat in seats {
            let activity = &activities[seat.activity];
            let shift = &activity.shifts[seat.shift];
            if shift.day < 0 && (seat.volunteer == WANG_XIAOMING || chance.percent(95)) {
                let volunteer = &people.volunteers[seat.volunteer];
                stays.push(Stay { seat, row: attendance(chance, activity, shift, volunteer) });
            }
        }
        Self { sign_ups, stays }
    }
}

struct SignUpBook<'a> {
    chance: &'a Chance,
    people: &'a People,
    activities: &'a mut [Activity],
    /// The days, counted from today, on which each volunteer serves. One shift a day, so nothing overlaps.
    busy: Vec<BTreeSet<i64>>,
    sign_ups: Vec<sign_up::Model>,
    seats: Vec<Seat>,
}

impl SignUpBook<'_> {
    /// Past shifts of his own team before others of the city. What is to come is left to the demo's phone.
    fn sign_up_wang_xiaoming(&mut self) {
        let teams = &self.people.volunteers[WANG_XIAOMING].teams;
        let mut shifts = self.shifts();
        shifts.retain(|&(activity, shift)| {
            let it = &self.activities[activity];
            it.row.state == ActivityState::Published && it.shifts[shift].day < 0
        });
        shifts.sort_by_key(|(activity, _)| !teams.contains(&self.activities[*activity].team));
        let (mut minutes, mut waiting) = (0, 0);
        for (activity, shift) in shifts {
            let seat = Seat { activity, shift, volunteer: WANG_XIAOMING };
            let pending = self.activities[activity].shifts[shift].day >= FIRST_PENDING_DAY;
            let enough = if pending { waiting == HIS_PENDING_SHIFTS } else { minutes >= HIS_MINUTES };
            // Seven of ten: on some days he has a job to go to.
            if enough || !self.chance.percent(70) || !self.suits(seat) || !self.seat(seat) {
                continue;
            }
            let row = &self.activities[activity].shifts[shift].row;
            match pending {
                true => waiting += 1,
                false => minutes += (row.ends_at - row.starts_at).num_minutes(),
            }
        }
    }

    fn sign_up_the_others(&mut self) {
        // An afternoon at the first vaccination site: full, and some wait.
        let is_coveted = |shift: &Shift| shift.day == 2 && shift.posts.is_empty();
        for (activity, shift) in self.shifts() {
            let coveted = activity == 0 && is_coveted(&self.activities[activity].shifts[shift]);
            let cancelled = self.activities[activity].row.state == ActivityState::Cancelled;
            let mut wanted = self.wanted(activity, shift, coveted);
            let mut waiting = if coveted { ON_THE_WAIT_LIST } else { 0 };
            for volunteer in self.candidates(activity, shift) {
                let seat = Seat { activity, shift, volunteer };
                if wanted > 0 && cancelled {
                    self.sign_up(seat, SignUpState::Cancelled, None);
                } else if wanted > 0 && self.chance.percent(3) {
                    self.sign_up(seat, SignUpState::Left, None);
                } else if wanted == 0 || !self.seat(seat) {
                    if waiting == 0 {
                        break;
                    }
                    waiting -= 1;
                    self.sign_up(seat, SignUpState::Waiting, None);
                }
                wanted = (wanted - 1).max(0);
            }
        }
    }

    /// How many the shift draws.
    fn wanted(&self, activity: usize, shift: usize, coveted: bool) -> i64 {
        let Shift { row, day, .. } = &self.activities[activity].shifts[shift];
        let (capacity, past, site) = (i64::from(row.capacity), *day < 0, activity < VACCINATION_SITES);
        let (least, most) = match capacity {
            _ if coveted => (capacity, capacity),
            MASS_SITE_CAPACITY if site && past => (14, 24),
            MASS_SITE_CAPACITY if site => (6, 14),
            _ if site && past => (capacity / 2, capacity),
            _ if past => (3, 9),
            _ => (0, (capacity / 2).min(5)),
        };
        self.chance.between(least, most)
    }

    /// All shifts that people could sign up for.
    fn shifts(&self) -> Vec<(usize, usize)> {
        let open = self.activities.iter().enumerate().filter(|(_, it)| it.row.state != ActivityState::Draft);
        open.flat_map(|(activity, it)| (0..it.shifts.len()).map(move |shift| (activity, shift))).collect()
    }

    /// Whom the shift suits, the likeliest first: members of the team, then neighbours, then others of the city.
    fn candidates(&self, activity: usize, shift: usize) -> Vec<usize> {
        let Activity { row, team, .. } = &self.activities[activity];
        let distance = |volunteer: &Volunteer| match volunteer {
            _ if volunteer.teams.contains(team) => 0,
            _ if volunteer.lives_in(&row.division_code[..6]) => 100,
            _ => 200,
        };
        let others = (0..self.people.volunteers.len()).filter(|volunteer| *volunteer != WANG_XIAOMING);
        let suited = others.filter(|&volunteer| self.suits(Seat { activity, shift, volunteer }));
        let ranked = suited.map(|it| (distance(&self.people.volunteers[it]) + self.chance.between(0, 240), it));
        let mut ranked: Vec<_> = ranked.collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, volunteer)| volunteer).collect()
    }

    /// In the city, free that day, skilled, of age; and nobody confirms their own hours.
    fn suits(&self, seat: Seat) -> bool {
        let Activity { row, shifts, .. } = &self.activities[seat.activity];
        let shift = &shifts[seat.shift];
        let volunteer = &self.people.volunteers[seat.volunteer];
        let age = self.chance.date(shift.day).years_since(volunteer.row.birth_date);
        volunteer.lives_in(&row.division_code[..4])
            && !self.busy[seat.volunteer].contains(&shift.day)
            && row.person_in_charge != volunteer.row.person_id
            && row.skills_required.0.iter().all(|skill| volunteer.row.skills.0.contains(skill))
            && age.is_some_and(|age| i64::from(age) >= i64::from(row.minimum_age))
    }

    /// Gives a seat in the shift and, where there are posts, in the emptiest; says whether there was one.
    fn seat(&mut self, seat: Seat) -> bool {
        let shift = &mut self.activities[seat.activity].shifts[seat.shift];
        if shift.row.taken >= shift.row.capacity {
            return false;
        }
        shift.row.taken += 1;
        let emptiest = shift.posts.iter_mut().max_by_key(|post| post.capacity - post.taken);
        let post = emptiest.map(|post| {
            post.taken += 1;
            post.id
        });
        self.busy[seat.volunteer].insert(shift.day);
        self.sign_up(seat, SignUpState::Seated, post);
        self.seats.push(seat);
        true
    }

    /// Signed up after it was published, and before today, the start or the cancellation; who waits came after the rest.
    fn sign_up(&mut self, seat: Seat, state: SignUpState, post_id: Option<PostId>) {
        let Activity { row, shifts, .. } = &self.activities[seat.activity];
        let shift = &shifts[seat.shift].row;
        let latest = (shift.starts_at - TimeDelta::hours(2)).min(self.chance.midnight);
        let latest = row.cancelled_at.map_or(latest, |cancelled_at| cancelled_at.min(latest));
        let mut earliest = row.published_at.unwrap_or(row.created_at);
        if state == SignUpState::Waiting {
            let others = self.sign_ups.iter().filter(|other| other.shift_id == shift.id);
            earliest = others.map(|other| other.signed_up_at).max().unwrap_or(earliest);
        }
        let signed_up_at = self.chance.moment(earliest, latest);
        let changed_at = match state {
            SignUpState::Left => self.chance.moment(signed_up_at, latest),
            SignUpState::Cancelled => row.cancelled_at.unwrap_or(signed_up_at),
            SignUpState::Seated | SignUpState::Waiting => signed_up_at,
        };
        self.sign_ups.push(sign_up::Model {
            id: SignUpId(self.chance.id(signed_up_at)),
            shift_id: shift.id,
            post_id,
            volunteer_id: self.people.volunteers[seat.volunteer].row.id,
            state,
            signed_up_at,
            changed_at,
        });
    }
}

/// Most come a little early and leave a little late; some are late, some leave early.
fn attendance(chance: &Chance, activity: &Activity, shift: &Shift, volunteer: &Volunteer) -> attendance::Model {
    let minutes = |least: i64, most: i64| TimeDelta::seconds(chance.between(least * 60, most * 60));
    let arrived = if chance.percent(75) { minutes(-20, 0) } else { minutes(1, 12) };
    let left = if chance.percent(82) { minutes(0, 12) } else { minutes(-45, -5) };
    let (checked_in_at, checked_out_at) = (shift.row.starts_at + arrived, shift.row.ends_at + left);
    let [came, went] = [(); 2].map(|()| Fix::new(chance, activity));
    attendance::Model {
        id: AttendanceId(chance.id(checked_in_at)),
        shift_id: shift.row.id,
        volunteer_id: volunteer.row.id,
        state: AttendanceState::Closed,
        checked_in_at,
        check_in_grade: came.grade,
        check_in_latitude: Some(came.latitude),
        check_in_longitude: Some(came.longitude),
        check_in_accuracy_m: Some(came.accuracy_m),
        check_in_distance_m: Some(came.distance_m),
        check_in_by: None,
        checked_out_at: Some(checked_out_at),
        check_out_grade: Some(went.grade),
        check_out_latitude: Some(went.latitude),
        check_out_longitude: Some(went.longitude),
        check_out_accuracy_m: Some(went.accuracy_m),
        check_out_distance_m: Some(went.distance_m),
        check_out_by: None,
        presence_grade: None,
        policy_id: POLICY,
        location_reduced_at: None,
    }
}

/// Where a phone took itself to be, and what that proves.
struct Fix {
    grade: EvidenceGrade,
    latitude: f64,
    longitude: f64,
    accuracy_m: f64,
    distance_m: f64,
}

impl Fix {
    /// Inside the radius, or for one in fourteen beyond it by less than the phone's own accuracy.
    fn new(chance: &Chance, activity: &Activity) -> Self {
        let (weak, radius) = (chance.percent(7), f64::from(activity.row.radius_m));
        let share = chance.tenths(0.1, 0.9);
        let (grade, accuracy_m, away) = if weak {
            let accuracy_m = chance.tenths(30.0, 150.0);
            (EvidenceGrade::LocationWeak, accuracy_m, radius + accuracy_m * share)
        } else {
            (EvidenceGrade::Location, chance.tenths(4.0, 35.0), chance.tenths(1.0, radius * share))
        };
        let at = offset(activity.point, chance.tenths(0.0, 359.9), away);
        let distance_m = activity.point.distance_m(at);
        Self { grade, latitude: at.latitude(), longitude: at.longitude(), accuracy_m, distance_m }
    }
}

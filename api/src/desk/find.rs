//! Whom a desk has before it: by the code on their phone, by the last digits of their number, or by a tick on the roster.

use boai_entity::{
    Instant,
    desk_entry::DeskWay,
    ids::{PersonId, SessionId, SignUpId, VolunteerId},
};

use super::{
    rules::{FindRefusal, SiteId, read_digits},
    store::{self, Line, Site, Wanted},
};
use crate::{
    access::{Action, Resource},
    attendance::volunteer_codes::{self, Unread},
    ctx::Ctx,
    people,
    platform::{
        civil::{civil_day, day_bounds},
        errors::Fault,
        proxies::network_bits,
        rates::Charge,
        refusal::{OrFault, Stop},
    },
};

/// How the operator names a person.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// As it was scanned.
    Code(String),
    /// As they were typed.
    Digits(String),
    Line(SignUpId),
}

impl Who {
    pub fn way(&self) -> DeskWay {
        match self {
            Self::Code(_) => DeskWay::Scan,
            Self::Digits(_) => DeskWay::PhoneDigits,
            Self::Line(_) => DeskWay::RosterTick,
        }
    }
}

/// Somebody who stands at the desk.
#[derive(Clone, Debug)]
pub struct Found {
    pub volunteer: VolunteerId,
    pub person: PersonId,
    pub name: String,
    /// Their lines of today's roster.
    pub lines: Vec<Line>,
    /// Of the code that was scanned, with the phone that showed it.
    pub step: Option<i32>,
    pub session: Option<SessionId>,
}

/// What became known on the way, which the operator sees and a refused scan keeps.
#[derive(Default)]
pub struct Known {
    /// Whether the desk is the caller's.
    pub mine: bool,
    pub found: Option<Found>,
    /// Lines of several people, one for each.
    pub candidates: Vec<Line>,
}

/// The site, for whoever may work at its desk now.
pub async fn my_desk(ctx: &Ctx, site: SiteId) -> Result<Option<Site>, Fault> {
    let person = ctx.actor()?.person;
    let Some(found) = store::site(&ctx.db.conn, site, person, civil_day(ctx.now())).await? else { return Ok(None) };
    let mine = found.granted || ctx.may(Action::RunDesk, resource(&found))?;
    Ok(mine.then_some(found))
}

/// What roles on a site are held on: the team of an activity, the branch of a facility.
pub fn resource(site: &Site) -> Resource<'_> {
    match site.team {
        Some(id) => Resource::Team { id, branch_path: &site.branch_path },
        None => Resource::Branch { path: &site.branch_path },
    }
}

/// Finds who stands there, or stood there at a moment that is told later; nobody is told of people who are not on the roster
/// of that day and do not show a code.
pub async fn find(
    ctx: &Ctx,
    site: SiteId,
    who: &Who,
    at: Instant,
    known: &mut Known,
) -> Result<Found, Stop<FindRefusal>> {
    let found = match who {
        Who::Code(scanned) => by_code(ctx, site, scanned, at).await?,
        Who::Digits(typed) => {
            let digits = read_digits(typed)?;
            let lines = lines(ctx, site, at, Wanted::Digits(&digits)).await.or_fault()?;
            one_of(lines, known)?
        }
        Who::Line(id) => {
            let lines = lines(ctx, site, at, Wanted::SignUp(*id)).await.or_fault()?;
            if !lines.iter().any(|line| line.sign_up_id == *id) {
                return Err(FindRefusal::NotOnRoster.into());
            }
            one_of(lines, known)?
        }
    };
    known.found = Some(found.clone());
    if found.person == ctx.actor().or_fault()?.person {
        return Err(FindRefusal::Yourself.into());
    }
    Ok(found)
}

async fn lines(ctx: &Ctx, site: SiteId, at: Instant, wanted: Wanted<'_>) -> Result<Vec<Line>, Fault> {
    Ok(store::lines_of(&ctx.db.conn, site, day_bounds(civil_day(at)), wanted).await?)
}

/// Lines of one person; those of several are the operator's to choose from.
fn one_of(lines: Vec<Line>, known: &mut Known) -> Result<Found, FindRefusal> {
    let first = lines.first().ok_or(FindRefusal::NobodyFound)?;
    let (volunteer, person, name) = (first.volunteer_id, first.person_id, first.name.clone());
    if lines.iter().all(|line| line.volunteer_id == volunteer) {
        return Ok(Found { volunteer, person, name, lines, step: None, session: None });
    }
    let mut people: Vec<VolunteerId> = Vec::new();
    for line in lines {
        if !people.contains(&line.volunteer_id) {
            people.push(line.volunteer_id);
            known.candidates.push(line);
        }
    }
    Err(FindRefusal::Ambiguous { people: i64::try_from(people.len()).unwrap_or(i64::MAX) })
}

async fn by_code(ctx: &Ctx, site: SiteId, scanned: &str, at: Instant) -> Result<Found, Stop<FindRefusal>> {
    let now = ctx.now();
    for charge in wrong(ctx, site).or_fault()? {
        if let Some(full) = ctx.rates.is_full(charge, now).await {
            return Err(FindRefusal::TooManyCodes { minutes: i64::from(full.retry_after.div_ceil(60)) }.into());
        }
    }
    let shown = match volunteer_codes::read(&ctx.vault, scanned, at) {
        Ok(shown) => shown,
        Err(unread) => {
            if unread == Unread::Forged {
                for charge in wrong(ctx, site).or_fault()? {
                    ctx.rates.take(charge.who, &[charge], now).await;
                }
            }
            return Err(FindRefusal::from(unread).into());
        }
    };
    let volunteer = store::volunteer_of_session(&ctx.db.conn, shown.session, at).await.or_fault()?;
    let volunteer = volunteer.ok_or(FindRefusal::CodeSignedOut)?;
    let lines = lines(ctx, site, at, Wanted::Volunteer(volunteer.id)).await.or_fault()?;
    let step = i32::try_from(shown.step).map_err(|_| FindRefusal::CodeUnreadable)?;
    let (volunteer, person, name) = (volunteer.id, volunteer.person_id, volunteer.name);
    Ok(Found { volunteer, person, name, lines, step: Some(step), session: Some(shown.session) })
}

/// What a code that nobody made counts on: the operator, the site and the address. A right one counts on nothing, for a
/// whole queue shows theirs at one desk.
fn wrong(ctx: &Ctx, site: SiteId) -> Result<impl Iterator<Item = Charge>, Fault> {
    let limits = &ctx.config.rates.codes;
    let operator = ctx.actor()?.person.0.as_u128();
    let of_operator = limits.person.0.map(|limit| ("codes.person", limit, operator));
    let of_site = limits.wrong_shift.0.map(|limit| ("codes.wrong_shift", limit, site.uuid().as_u128()));
    let of_address = limits.wrong_address.0.zip(ctx.address);
    let of_address = of_address.map(|(limit, address)| ("codes.wrong_address", limit, network_bits(address)));
    let charge = |(name, limit, who)| Charge { name, limit, who, weight: 1 };
    Ok([of_operator, of_site, of_address].into_iter().flatten().map(charge))
}

/// What the desk sees of a name.
pub fn shown(name: &str) -> String {
    people::rules::masked(name)
}

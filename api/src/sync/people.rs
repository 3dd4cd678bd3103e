//! Whose each slip is: the sender's own, or somebody's whom a desk had before it, whose right to tell of them is asked for the
//! time when it happened. Before anything is locked: the books of limits may be in Redis.

use std::collections::HashMap;

use boai_entity::{
    desk_grant,
    ids::{PersonId, ShiftId, VolunteerId},
};

use super::{
    items::{Answer, By, Outcome, Proof, Seen, Slip, Told, Whose},
    rules::{Held, Right, right_at},
    store::{self, DeskPlace},
};
use crate::{
    access::{
        Action, Resource, allows,
        store::{PastGrant, past_grants_of},
    },
    attendance::{codes, rules::CodeVerdict, stay::Sent},
    ctx::Ctx,
    desk::{
        find::{self, Found, Known},
        rules::{FindRefusal, SiteId},
    },
    platform::{civil::day_bounds, errors::Fault, refusal::Stop},
};

/// Looks at slips in the name of whoever sends them.
pub struct Finder<'c> {
    ctx: &'c Ctx,
    sender: PersonId,
    places: HashMap<ShiftId, Option<DeskPlace>>,
    /// Read when the first slip of a desk is met.
    rights: Option<Rights>,
}

struct Rights {
    desks: Vec<desk_grant::Model>,
    roles: Vec<PastGrant>,
}

/// What became of looking.
pub enum Looked {
    /// Somebody's slip, with what the desk that told of them knows.
    Found(Whose, Box<Told>, Option<Found>),
    Unfound(Box<Unfound>),
}

/// A slip that is nobody's.
pub struct Unfound {
    pub slip: Slip,
    pub answer: Answer,
    /// The place, if the desk there is the sender's, and whoever stood there, if that is known.
    pub at: Option<(DeskPlace, Option<VolunteerId>)>,
}

impl<'c> Finder<'c> {
    pub fn new(ctx: &'c Ctx, sender: PersonId) -> Self {
        Self { ctx, sender, places: HashMap::new(), rights: None }
    }

    pub async fn look(&mut self, slip: Slip) -> Result<Looked, Fault> {
        match slip.item.by.clone() {
            By::Phone(sent) => {
                let verdict = self.verdict(&slip, &sent).await?;
                let whose = (self.ctx.volunteer()?, self.sender);
                let told = Told::of(slip, self.sender, Proof::Phone(sent, verdict));
                Ok(Looked::Found(whose, Box::new(told), None))
            }
            By::Desk(who, post) => {
                let Some((place, site, right)) = self.desk(&slip).await? else {
                    let answer =
                        Answer::new(Outcome::unfound(slip.item.end, FindRefusal::NotFound), slip.item.at_desk());
                    return Ok(Looked::Unfound(Box::new(Unfound { slip, answer, at: None })));
                };
                let mut known = Known::default();
                match find::find(self.ctx, site, &who, slip.at, &mut known).await {
                    Ok(found) => {
                        let taken_back = right == Right::TakenBack;
                        let (activity, step, session) = (place.activity_id, found.step, found.session);
                        let seen = Seen { who, post, activity, step, session, taken_back };
                        let whose = (found.volunteer, found.person);
                        let told = Told::of(slip, self.sender, Proof::Desk(seen));
                        Ok(Looked::Found(whose, Box::new(told), Some(found)))
                    }
                    Err(Stop::Refused(why)) => {
                        let outcome = Outcome::unfound(slip.item.end, why);
                        let found = known.found.as_ref();
                        let (volunteer, name) = (found.map(|it| it.volunteer), found.map(|it| it.name.clone()));
                        let answer =
                            Answer { name, candidates: known.candidates, ..Answer::new(outcome, slip.item.at_desk()) };
                        Ok(Looked::Unfound(Box::new(Unfound { slip, answer, at: Some((place, volunteer)) })))
                    }
                    Err(Stop::Fault(fault)) => Err(fault),
                }
            }
        }
    }

    /// Each code off a site's screen counts, and is looked at for the time when it was shown.
    async fn verdict(&self, slip: &Slip, sent: &Sent) -> Result<CodeVerdict, Fault> {
        match sent {
            Sent::Code(typed) => codes::look_at_shown(self.ctx, slip.item.shift, typed, slip.at).await,
            Sent::Fix(_) => Ok(CodeVerdict::Wrong),
        }
    }

    /// Where the shift is, whose roster it has there, and what the sender's right to that desk was worth.
    async fn desk(&mut self, slip: &Slip) -> Result<Option<(DeskPlace, SiteId, Right)>, Fault> {
        let shift = slip.item.shift;
        if !self.places.contains_key(&shift) {
            self.places.insert(shift, store::desk_place(&self.ctx.db.conn, shift).await?);
        }
        let Some(place) = self.places.get(&shift).cloned().flatten() else { return Ok(None) };
        if self.rights.is_none() {
            let db = &self.ctx.db.conn;
            let desks = crate::desk::store::desks_ever_of(db, self.sender).await?;
            self.rights = Some(Rights { desks, roles: past_grants_of(db, self.sender).await? });
        }
        let Some(rights) = &self.rights else { return Ok(None) };
        let (activity, facility) = (SiteId::Activity(place.activity_id), place.facility_id.map(SiteId::Facility));
        for site in facility.into_iter().chain([activity]) {
            if right_at(rights.of_desk(site), slip.at) == Some(Right::Good) {
                return Ok(Some((place, site, Right::Good)));
            }
        }
        // By a role it takes what a role takes, now as well as then.
        let team = Resource::Team { id: place.team_id, branch_path: &place.branch_path };
        let by_role = right_at(rights.of_roles(team), slip.at);
        if by_role.is_some() && self.ctx.may(Action::RunDesk, team)? {
            return Ok(Some((place, activity, Right::Good)));
        }
        for site in facility.into_iter().chain([activity]) {
            if right_at(rights.of_desk(site), slip.at).is_some() {
                return Ok(Some((place, site, Right::TakenBack)));
            }
        }
        Ok(by_role.map(|_| (place, activity, Right::TakenBack)))
    }
}

impl Rights {
    fn of_desk(&self, site: SiteId) -> impl Iterator<Item = Held> {
        self.desks.iter().filter(move |grant| crate::desk::grants::site_of(grant) == Some(site)).map(|grant| Held {
            from: day_bounds(grant.from_day).0.max(grant.granted_at),
            to: Some(day_bounds(grant.to_day).1),
            taken_back: grant.revoked_at,
        })
    }

    fn of_roles<'r>(&'r self, team: Resource<'r>) -> impl Iterator<Item = Held> + 'r {
        let runs = move |past: &&PastGrant| allows(std::slice::from_ref(&past.grant), Action::RunDesk, team);
        self.roles.iter().filter(runs).map(|past| Held { from: past.from, to: past.to, taken_back: past.revoked_at })
    }
}

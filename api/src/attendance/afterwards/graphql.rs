//! Claims, back-filled hours, and the word on them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    ids::{AttendanceId, ReviewItemId, ShiftId, VolunteerId},
};

use super::{
    back_fill::{self, Done, Filled},
    claims::{self, About},
    decide,
    rules::{BackFillError, ClaimError, DecideReviewError, WithdrawClaimError},
    store,
};
use crate::{
    graphql::{ctx, settle},
    hours::{graphql::ServiceRecord, rules::Span},
    platform::{
        db,
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        text,
    },
    reviews::graphql::ReviewItem,
};

#[derive(Default)]
pub struct AfterwardsQuery;

#[Object]
impl AfterwardsQuery {
    /// Your own claims of service time, newest first.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 1)")]
    async fn my_claims(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, ReviewItem>> {
        let ctx = ctx(gql);
        let page = Page::read("my-claims", PageArgs { first, after, last, before })?;
        let own = ctx.actor.as_ref().and_then(|actor| actor.volunteer);
        let Some(volunteer) = own else { return Ok(Connection::new(false, false)) };
        let slice = store::claims(&ctx.db.conn, volunteer, page).await.map_err(Fault::from)?;
        Ok(slice.connection("my-claims", |row| (row.raised_at, row.id.0), ReviewItem))
    }
}

/// What `claimHours` takes.
#[derive(InputObject)]
struct ClaimHoursInput {
    /// A stay of yours, whose check-out was forgotten for example. Exactly one of attendanceId and shiftId.
    attendance_id: Option<GlobalId<AttendanceId>>,
    /// A shift that you had a seat at and never checked in to. Exactly one of attendanceId and shiftId.
    shift_id: Option<GlobalId<ShiftId>>,
    /// From when you served; when left out, from your check-in, or from the shift's start.
    served_from: Option<Instant>,
    /// Until when you served.
    served_to: Instant,
    /// Why, and who can tell; at most 500 characters. The leader reads it.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct ClaimHoursPayload {
    /// It waits for the leader; null when it was refused.
    claim: Option<ReviewItem>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ClaimError>,
}

/// What `withdrawClaim` takes.
#[derive(InputObject)]
struct WithdrawClaimInput {
    /// A claim of yours, or hours that you filled in, that waits.
    item_id: GlobalId<ReviewItemId>,
}

/// What became of it.
#[derive(SimpleObject)]
struct WithdrawClaimPayload {
    /// Null when it was refused.
    item: Option<ReviewItem>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<WithdrawClaimError>,
}

/// Somebody's hours at a shift.
#[derive(InputObject)]
struct BackFillItem {
    /// A shift of your team.
    shift_id: GlobalId<ShiftId>,
    /// Who signed up for it or is in the team, and never checked in.
    volunteer_id: GlobalId<VolunteerId>,
    /// Inside the shift.
    served_from: Instant,
    /// Inside the shift.
    served_to: Instant,
    /// How you know; at most 500 characters. The volunteer reads it.
    reason: String,
}

/// What `backFillHours` takes.
#[derive(InputObject)]
struct BackFillHoursInput {
    /// At most 100. Each is decided by itself: one that is refused spoils no other.
    items: Vec<BackFillItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct BackFillResult {
    /// The item's shift.
    shift_id: GlobalId<ShiftId>,
    /// The item's volunteer.
    volunteer_id: GlobalId<VolunteerId>,
    /// The hours as booked; null when they wait or were refused.
    record: Option<ServiceRecord>,
    /// What waits for a second person: your own hours, and those of more than 20 people of a shift on one day; null when nothing
    /// waits.
    waits: Option<ReviewItem>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<BackFillError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct BackFillHoursPayload {
    /// One for each item, in the order given.
    results: Vec<BackFillResult>,
    /// The errors of all items together.
    errors: Vec<BackFillError>,
}

/// The word on a claim, or on hours that somebody else filled in.
#[derive(InputObject)]
struct DecideReviewItem {
    /// From the review queue.
    item_id: GlobalId<ReviewItemId>,
    /// Whether the time is to be booked as it was proposed.
    approve: bool,
    /// Whoever brought it forward reads it, at most 500 characters; needed to say no.
    #[graphql(default)]
    note: String,
}

/// What `decideReviews` takes.
#[derive(InputObject)]
struct DecideReviewsInput {
    /// At most 100. Each is decided by itself: one that is refused spoils no other.
    items: Vec<DecideReviewItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct DecideReviewResult {
    /// The item.
    item_id: GlobalId<ReviewItemId>,
    /// As it stands now; null when the decision was refused.
    item: Option<ReviewItem>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<DecideReviewError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideReviewsPayload {
    /// One for each item, in the order given.
    results: Vec<DecideReviewResult>,
    /// The errors of all items together.
    errors: Vec<DecideReviewError>,
}

fn at_most_100(given: usize) -> Result<(), Fault> {
    if given <= 100 {
        return Ok(());
    }
    Err(Fault::bad_input(format!("`items` has {given} items; at most 100 are taken at once.")))
}

#[derive(Default)]
pub struct AfterwardsMutation;

#[Object]
impl AfterwardsMutation {
    /// Claims service time, inside the shift: for a stay whose check-out was forgotten or came too early, or for a shift that
    /// you were never checked in to. It waits for the leader.
    async fn claim_hours(&self, gql: &Context<'_>, input: ClaimHoursInput) -> Result<ClaimHoursPayload> {
        let ctx = ctx(gql);
        let about = match (input.attendance_id, input.shift_id) {
            (Some(stay), None) => About::Stay(stay.0),
            (None, Some(shift)) => About::Shift(shift.0),
            _ => return Err(Fault::bad_input("Give exactly one of `attendanceId` and `shiftId`.").into()),
        };
        let from = input.served_from.map(|from| db::moment("servedFrom", from)).transpose()?;
        let to = db::moment("servedTo", input.served_to)?;
        let reason = text::field("reason", &input.reason, 500, true)?;
        let (claim, errors) = settle(ctx, claims::claim(ctx, about, (from, to), reason).await, ClaimError::new)?;
        Ok(ClaimHoursPayload { claim: claim.map(ReviewItem), errors })
    }

    /// Takes back a claim of yours, or hours that you filled in for others, that nobody has decided on yet.
    async fn withdraw_claim(&self, gql: &Context<'_>, input: WithdrawClaimInput) -> Result<WithdrawClaimPayload> {
        let ctx = ctx(gql);
        let withdrawn = claims::withdraw(ctx, input.item_id.0).await;
        let (item, errors) = settle(ctx, withdrawn, WithdrawClaimError::new)?;
        Ok(WithdrawClaimPayload { item: item.map(ReviewItem), errors })
    }

    /// 补录: fills in the hours of people who were there and never checked in, inside the shift, as back-filled time. For the
    /// team's leaders and the branch's officers. Your own hours, and those of more than 20 people of a shift on one day, wait
    /// for a second person. The same again is the same success.
    async fn back_fill_hours(&self, gql: &Context<'_>, input: BackFillHoursInput) -> Result<BackFillHoursPayload> {
        let ctx = ctx(gql);
        at_most_100(input.items.len())?;
        let filled = |item: &BackFillItem| {
            let (from, to) = (db::moment("servedFrom", item.served_from)?, db::moment("servedTo", item.served_to)?);
            let reason = text::field("reason", &item.reason, 500, true)?;
            let served = Span { from, to };
            Ok(Filled { shift: item.shift_id.0, volunteer: item.volunteer_id.0, served, reason })
        };
        let items = input.items.iter().map(filled).collect::<Result<Vec<_>, Fault>>()?;
        let mut results = Vec::with_capacity(items.len());
        for (item, done) in items.iter().zip(back_fill::fill(ctx, &items).await?) {
            let (done, errors) = settle(ctx, done, BackFillError::new)?;
            let (record, waits) = match done {
                Some(Done::Booked(record)) => (Some(ServiceRecord(*record)), None),
                Some(Done::Waits(waits)) => (None, Some(ReviewItem(*waits))),
                None => (None, None),
            };
            let (shift_id, volunteer_id) = (GlobalId(item.shift), GlobalId(item.volunteer));
            results.push(BackFillResult { shift_id, volunteer_id, record, waits, errors });
        }
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(BackFillHoursPayload { results, errors })
    }

    /// Says yes or no to claims, and as the second person to hours that somebody else filled in. For the team's leaders and
    /// the branch's officers, never for one's own hours. What is approved is booked as back-filled time.
    async fn decide_reviews(&self, gql: &Context<'_>, input: DecideReviewsInput) -> Result<DecideReviewsPayload> {
        let ctx = ctx(gql);
        at_most_100(input.items.len())?;
        let note = |item: &DecideReviewItem| text::field("note", &item.note, 500, false);
        let notes = input.items.iter().map(note).collect::<Result<Vec<_>, _>>()?;
        let mut results = Vec::with_capacity(notes.len());
        for (item, note) in input.items.iter().zip(notes) {
            let decided = decide::decide(ctx, item.item_id.0, item.approve, note).await;
            let (decided, errors) = settle(ctx, decided, DecideReviewError::new)?;
            results.push(DecideReviewResult { item_id: item.item_id, item: decided.map(ReviewItem), errors });
        }
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(DecideReviewsPayload { results, errors })
    }
}

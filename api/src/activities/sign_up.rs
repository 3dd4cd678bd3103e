//! 报名: taking a seat or a place on the wait-list, and giving it back.
//!
//! Two rows are taken, always in this order: the volunteer's own (so that one person's two phones cannot make
//! overlapping sign-ups) and the shift's (so that seats and wait-list move for one at a time).

use boai_entity::{
    Instant,
    ids::{PostId, ShiftId, VolunteerId},
    kinds::{ConsentKind, InboxKind, SignUpState},
    sign_up, volunteer,
};
use sea_orm::{ConnectionTrait, DbErr};

use super::{
    board_topic,
    rules::{self, Demands, LeaveRefusal, SignUpRefusal},
    store,
};
use crate::{
    ctx::Ctx,
    inbox::tell_each_volunteer,
    people::{self, rules::has_guardian},
    platform::{
        errors::Fault,
        refusal::{OrFault, Stop, When},
    },
};

/// Signs up for a shift: a seat when there is one, else a place on the wait-list. Doing it twice is doing it once.
pub async fn sign_up(
    ctx: &Ctx,
    shift: ShiftId,
    post: Option<PostId>,
) -> Result<sign_up::Model, Stop<Vec<SignUpRefusal>>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let tx = ctx.db.begin().await.or_fault()?;
    let me = people::store::lock(&tx, volunteer).await.or_fault()?;
    let me = me.ok_or(Stop::Fault(Fault::Unauthenticated))?;
    store::lock_shift(&tx, shift).await.or_fault()?.ok_or_else(|| Stop::Refused(vec![SignUpRefusal::NotFound]))?;
    let mine = enter(ctx, &tx, &me, (shift, post), ctx.now()).await?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(mine)
}

/// The same for whoever holds both rows, and commits: a seat when there is one, else a place on the wait-list. Whether the shift
/// is over is judged for the moment at which they came.
pub async fn enter(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    me: &volunteer::Model,
    (shift, post): (ShiftId, Option<PostId>),
    at: Instant,
) -> Result<sign_up::Model, Stop<Vec<SignUpRefusal>>> {
    let now = ctx.now();
    let refuse = |reason: SignUpRefusal| Stop::Refused(vec![reason]);
    let facts = store::shift_facts(tx, shift).await.or_fault()?.ok_or_else(|| refuse(SignUpRefusal::NotFound))?;
    let earlier = store::sign_up(tx, shift, me.id).await.or_fault()?;
    if let Some(earlier) = &earlier
        && matches!(earlier.state, SignUpState::Seated | SignUpState::Waiting)
    {
        return Ok(earlier.clone());
    }
    if let Some(closed) = rules::why_closed(facts.state, facts.ends_at, at) {
        return Err(refuse(closed));
    }
    let demands = Demands {
        starts_at: facts.starts_at,
        minimum_age: facts.minimum_age,
        dangerous: facts.dangerous,
        skills_required: &facts.skills_required.0,
    };
    let mut reasons = rules::why_not(&demands, me.birth_date, &me.skills.0);
    if has_guardian(me.birth_date, now) {
        let given = people::store::consents_in_force(tx, me.person_id).await.or_fault()?;
        if !given.iter().any(|consent| consent.kind == ConsentKind::Guardian) {
            reasons.push(SignUpRefusal::GuardianConsentMissing);
        }
    }
    if let Some(overlap) = store::overlap(tx, me.id, facts.starts_at, facts.ends_at).await.or_fault()? {
        let (starts_at, ends_at) = (When(overlap.starts_at), When(overlap.ends_at));
        reasons.push(SignUpRefusal::Overlaps { activity: overlap.title, starts_at, ends_at });
    }
    let posts = store::posts_of(tx, shift).await.or_fault()?;
    match post {
        Some(post) if !posts.iter().any(|offered| offered.id == post) => reasons.push(SignUpRefusal::NotFound),
        None if !posts.is_empty() => {
            reasons.push(SignUpRefusal::PostNeeded { posts: i64::try_from(posts.len()).unwrap_or(i64::MAX) });
        }
        _ => {}
    }
    if !reasons.is_empty() {
        return Err(Stop::Refused(reasons));
    }
    let mut row = store::new_sign_up(ctx.new_id(), shift, post, me.id, now);
    let known = earlier.is_some();
    if let Some(earlier) = earlier {
        row.id = earlier.id;
    }
    if take_seat(tx, shift, post).await.or_fault()? {
        row.state = SignUpState::Seated;
    }
    store::put_sign_up(tx, row.clone(), known).await.or_fault()?;
    ctx.tell(tx, board_topic(shift)).await.or_fault()?;
    Ok(row)
}

/// Gives the seat, or the place on the wait-list, back. The seat goes to whoever waits longest.
pub async fn leave(ctx: &Ctx, shift: ShiftId) -> Result<sign_up::Model, Stop<LeaveRefusal>> {
    let volunteer = ctx.volunteer().or_fault()?;
    let now = ctx.now();
    let tx = ctx.db.begin().await.or_fault()?;
    people::store::lock(&tx, volunteer).await.or_fault()?;
    store::lock_shift(&tx, shift).await.or_fault()?.ok_or(LeaveRefusal::NotSignedUp)?;
    let mine = store::sign_up(&tx, shift, volunteer).await.or_fault()?.ok_or(LeaveRefusal::NotSignedUp)?;
    if !matches!(mine.state, SignUpState::Seated | SignUpState::Waiting) {
        return Err(LeaveRefusal::NotSignedUp.into());
    }
    if store::has_attended(&tx, shift, volunteer).await.or_fault()? {
        return Err(LeaveRefusal::CheckedIn.into());
    }
    free(ctx, &tx, &mine).await.or_fault()?;
    tx.commit().await.or_fault()?;
    ctx.committed.notify_one();
    Ok(sign_up::Model { state: SignUpState::Left, changed_at: now, ..mine })
}

/// Gives back what someone who goes altogether holds of a shift to come. The volunteer's row is held; whoever has been
/// there already stays on the list.
pub async fn give_back(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    shift: ShiftId,
    volunteer: VolunteerId,
) -> Result<(), DbErr> {
    store::lock_shift(tx, shift).await?;
    let Some(mine) = store::sign_up(tx, shift, volunteer).await? else { return Ok(()) };
    let held = matches!(mine.state, SignUpState::Seated | SignUpState::Waiting);
    if held && !store::has_attended(tx, shift, volunteer).await? {
        free(ctx, tx, &mine).await?;
    }
    Ok(())
}

/// Moves somebody with a seat to another post of the shift; false when that one is full, or not of the shift. Both rows are
/// held. Whoever waited for the post that is free now moves up.
pub async fn move_to_post(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    mine: &sign_up::Model,
    post: PostId,
) -> Result<bool, DbErr> {
    if mine.post_id == Some(post) {
        return Ok(true);
    }
    let offered = store::posts_of(tx, mine.shift_id).await?;
    if !offered.iter().any(|offered| offered.id == post) || !store::take_post(tx, post).await? {
        return Ok(false);
    }
    store::leave_post(tx, mine.post_id).await?;
    store::set_post(tx, mine.id, post, ctx.now()).await?;
    seat_who_waits(ctx, tx, &[mine.shift_id]).await?;
    Ok(true)
}

/// Puts somebody who was moved back to the post of before. The volunteer's row is held. Whose place was given to somebody who
/// waited stays where they are: nobody loses a seat.
pub async fn back_to_post(
    ctx: &Ctx,
    tx: &impl ConnectionTrait,
    (shift, volunteer): (ShiftId, VolunteerId),
    post: PostId,
) -> Result<bool, DbErr> {
    store::lock_shift(tx, shift).await?;
    match store::sign_up(tx, shift, volunteer).await? {
        Some(mine) if mine.state == SignUpState::Seated => move_to_post(ctx, tx, &mine, post).await,
        _ => Ok(false),
    }
}

/// Ends a sign-up of a shift whose row is held; a seat goes to whoever waits longest.
async fn free(ctx: &Ctx, tx: &impl ConnectionTrait, mine: &sign_up::Model) -> Result<(), DbErr> {
    store::set_sign_up_state(tx, mine.id, SignUpState::Left, ctx.now()).await?;
    if mine.state == SignUpState::Seated {
        store::give_seat_back(tx, mine.shift_id, mine.post_id).await?;
        seat_who_waits(ctx, tx, &[mine.shift_id]).await?;
    }
    ctx.tell(tx, board_topic(mine.shift_id)).await
}

/// Moves the wait-lists of shifts whose rows are held: in order, as long as there are seats. Each one hears of it. A shift
/// that is over keeps its seats: nobody is called to it any more. However many wait, it takes the same statements.
pub async fn seat_who_waits(ctx: &Ctx, tx: &impl ConnectionTrait, shifts: &[ShiftId]) -> Result<(), DbErr> {
    let up = rules::who_moves_up(store::waiting(tx, shifts, ctx.now()).await?);
    if up.is_empty() {
        return Ok(());
    }
    store::seat_all(tx, &up, ctx.now()).await?;
    let told: Vec<_> = up.iter().map(|one| (one.volunteer, (one.activity, Some(one.shift)))).collect();
    tell_each_volunteer(ctx, tx, &told, InboxKind::SeatGiven, "").await
}

/// A seat of the shift, and of the post if there is one: both or none.
async fn take_seat(tx: &impl ConnectionTrait, shift: ShiftId, post: Option<PostId>) -> Result<bool, DbErr> {
    if !store::take_seat(tx, shift).await? {
        return Ok(false);
    }
    match post {
        Some(post) if !store::take_post(tx, post).await? => {
            store::give_seat_back(tx, shift, None).await?;
            Ok(false)
        }
        _ => Ok(true),
    }
}

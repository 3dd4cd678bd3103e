//! Applications, as their volunteer and the officers see them.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    award_kinds::RegistrationState,
    ids::{BranchId, RegistrationId, VolunteerId},
    kinds::LookPurpose,
    registration,
};

use super::{
    rules::{ApplyForRegistrationError, DecideRegistrationsError},
    service, store,
};
use crate::{
    access::{Action, Resource},
    graphql::{ctx, load, settle},
    organisation::loaders::BranchById,
    people::graphql::{Volunteer, volunteer_in_full},
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::Minutes,
        text,
    },
};

/// 注册申请: an enrolled volunteer's wish to be registered, with the facts as they were then.
pub struct RegistrationApplication(pub registration::Model);

/// 注册申请: an enrolled volunteer's wish to be registered, with the facts as they were then.
#[Object]
impl RegistrationApplication {
    /// Opaque global id.
    async fn id(&self) -> GlobalId<RegistrationId> {
        GlobalId(self.0.id)
    }
    /// Whose it is, by the whole name. Null only when it could not be read.
    async fn volunteer(&self, gql: &Context<'_>) -> Result<Option<Volunteer>> {
        volunteer_in_full(gql, self.0.volunteer_id, LookPurpose::Recognition).await
    }
    /// The calendar year with most confirmed service.
    async fn year(&self) -> i32 {
        self.0.year
    }
    /// How much that was.
    async fn minutes(&self) -> Minutes {
        Minutes(self.0.minutes.into())
    }
    /// By the server's clock.
    async fn applied_at(&self) -> Instant {
        self.0.applied_at
    }
    /// What became of it.
    async fn state(&self) -> RegistrationState {
        self.0.state
    }
    /// Why it was declined; null when it was not.
    async fn reason(&self) -> Option<&str> {
        self.0.reason.as_deref()
    }
    /// When it was decided; null while it waits.
    async fn decided_at(&self) -> Option<Instant> {
        self.0.decided_at
    }
}

/// The caller's newest application.
pub async fn my_registration(
    gql: &Context<'_>,
    volunteer: Option<VolunteerId>,
) -> Result<Option<RegistrationApplication>> {
    let Some(volunteer) = volunteer else { return Ok(None) };
    let newest = store::newest(&ctx(gql).db.conn, volunteer).await.map_err(Fault::from)?;
    Ok(newest.map(RegistrationApplication))
}

/// What `applyForRegistration` takes.
#[derive(InputObject)]
struct ApplyForRegistrationInput {
    /// The calendar year (Asia/Shanghai) with the 20 hours; the one with most confirmed service when left out.
    year: Option<i32>,
}

/// What became of it.
#[derive(SimpleObject)]
struct ApplyForRegistrationPayload {
    /// Null when it was refused.
    registration: Option<RegistrationApplication>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<ApplyForRegistrationError>,
}

/// An officer's word on an application.
#[derive(InputObject)]
struct DecideRegistrationItem {
    /// Of `registrationQueue`.
    registration_id: GlobalId<RegistrationId>,
    /// Whether the volunteer is registered.
    approve: bool,
    /// Why not: the volunteer reads it; at most 500 characters. Of no meaning with an approval.
    #[graphql(default)]
    reason: String,
}

/// What `decideRegistrations` takes.
#[derive(InputObject)]
struct DecideRegistrationsInput {
    /// At most 200. Each is decided by itself: one that is refused spoils no other.
    items: Vec<DecideRegistrationItem>,
}

/// What became of one item.
#[derive(SimpleObject)]
struct DecideRegistrationResult {
    /// The item's application.
    registration_id: GlobalId<RegistrationId>,
    /// As it stands now; null when nothing was done.
    registration: Option<RegistrationApplication>,
    /// Why nothing was done, for people and for the app; empty when it was.
    errors: Vec<DecideRegistrationsError>,
}

/// What became of it.
#[derive(SimpleObject)]
struct DecideRegistrationsPayload {
    /// One for each item, in the order given.
    results: Vec<DecideRegistrationResult>,
    /// The errors of all items together.
    errors: Vec<DecideRegistrationsError>,
}

#[derive(Default)]
pub struct RegistrationQuery;

#[Object]
impl RegistrationQuery {
    /// 待审批的注册申请: of the volunteers who live below a branch, a county or one above; what was applied for first first. For
    /// its officers and those above, empty for everybody else.
    #[graphql(complexity = "pages::price(first, last, child_complexity, 2)")]
    async fn registration_queue(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "A branch in your care.")] branch_id: GlobalId<BranchId>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, RegistrationApplication>> {
        let ctx = ctx(gql);
        let list = format!("registration-queue-{}", branch_id.0);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let branch = load(gql, BranchById(branch_id.0)).await?;
        let branch = branch.filter(|it| ctx.may_see(Action::Register, Resource::Branch { path: &it.path }));
        let Some(branch) = branch else { return Ok(Connection::new(false, false)) };
        let slice = store::queue(&ctx.db.conn, &branch.path, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.applied_at, row.id.0), RegistrationApplication))
    }
}

#[derive(Default)]
pub struct RegistrationMutation;

#[Object]
impl RegistrationMutation {
    /// 申请注册: asks to be registered, with 20 hours of confirmed service within one calendar year. Who was declined may ask again.
    async fn apply_for_registration(
        &self,
        gql: &Context<'_>,
        input: ApplyForRegistrationInput,
    ) -> Result<ApplyForRegistrationPayload> {
        let ctx = ctx(gql);
        let (registration, errors) =
            settle(ctx, service::apply(ctx, input.year).await, ApplyForRegistrationError::new)?;
        Ok(ApplyForRegistrationPayload { registration: registration.map(RegistrationApplication), errors })
    }

    /// 审批注册: registers enrolled volunteers, or declines with a reason; never oneself. For officers of the county where they live,
    /// and those above.
    async fn decide_registrations(
        &self,
        gql: &Context<'_>,
        input: DecideRegistrationsInput,
    ) -> Result<DecideRegistrationsPayload> {
        let ctx = ctx(gql);
        let (given, most) = (input.items.len(), service::AT_ONCE);
        if given > most {
            return Err(
                Fault::bad_input(format!("`items` has {given} items; at most {most} are taken at once.")).into()
            );
        }
        let item = |item: &DecideRegistrationItem| -> Result<_, Fault> {
            let reason = text::field("reason", &item.reason, 500, false)?;
            Ok((item.registration_id.0, (!item.approve).then_some(reason)))
        };
        let items = input.items.iter().map(item).collect::<Result<Vec<_>, _>>()?;
        let decided = service::decide(ctx, &items).await?;
        let result = |(registration_id, decided): (GlobalId<RegistrationId>, service::Decided)| {
            let (registration, refusal) = match decided {
                Ok(registration) => (Some(RegistrationApplication(registration)), None),
                Err(refusal) => (None, Some(DecideRegistrationsError::new(&refusal, ctx.lang))),
            };
            DecideRegistrationResult { registration_id, registration, errors: refusal.into_iter().collect() }
        };
        let ids = input.items.iter().map(|item| item.registration_id);
        let results: Vec<_> = ids.zip(decided).map(result).collect();
        let errors = results.iter().flat_map(|result| result.errors.clone()).collect();
        Ok(DecideRegistrationsPayload { results, errors })
    }
}

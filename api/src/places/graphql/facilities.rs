//! Facilities in the API.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject, connection::Connection};
use boai_entity::{
    Instant,
    facility::{self, FacilityKind, OpenSpan, OpeningHours},
    ids::{BranchId, FacilityId},
    kinds::Weekday,
};

use super::{Coordinates, Datum, Place};
use crate::{
    activities::{
        graphql::Activity,
        store::{self as activities, ActivityFilter},
    },
    graphql::{ctx, load, settle},
    organisation::{
        graphql::{Branch, Division},
        loaders::{BranchById, DivisionByCode},
    },
    places::{
        loaders::FacilityById,
        rules::FacilityError,
        service::{self, FacilityText},
        store,
    },
    platform::{
        errors::Fault,
        node::GlobalId,
        pages::{self, Page, PageArgs},
        scalars::TimeOfDay,
        text,
    },
};

/// When a facility is open on some days of the week, in Asia/Shanghai.
#[derive(SimpleObject)]
pub struct OpeningSpan {
    /// At least one.
    weekdays: Vec<Weekday>,
    /// Opens at.
    opens_at: TimeOfDay,
    /// Closes at; on the day after when this is not later than `opensAt`.
    closes_at: TimeOfDay,
}

/// 场所: a long-lived place of a branch, at which activities of any team take place.
pub struct Facility(pub facility::Model);

/// 场所: a long-lived place of a branch, at which activities of any team take place.
#[Object]
impl Facility {
    /// Opaque global id.
    pub async fn id(&self) -> GlobalId<FacilityId> {
        GlobalId(self.0.id)
    }
    /// What kind of place it is.
    async fn kind(&self) -> FacilityKind {
        self.0.kind
    }
    /// What it is called; unlike any other open one of its branch.
    async fn name(&self) -> &str {
        &self.0.name
    }
    /// Street and number, as people say it.
    async fn address(&self) -> &str {
        &self.0.address
    }
    /// Where it is, in the datum that you ask for.
    async fn place(
        &self,
        #[graphql(desc = "The coordinate system of the answer.", default_with = "Datum::Wgs84")] datum: Datum,
    ) -> Result<Coordinates> {
        Coordinates::of(self.0.latitude, self.0.longitude, datum)
    }
    /// Empty when it has no fixed hours.
    async fn opening_hours(&self) -> Vec<OpeningSpan> {
        let span = |span: &OpenSpan| OpeningSpan {
            weekdays: span.weekdays.clone(),
            opens_at: TimeOfDay(span.opens_at),
            closes_at: TimeOfDay(span.closes_at),
        };
        self.0.opening_hours.0.iter().map(span).collect()
    }
    /// When it was opened here.
    async fn created_at(&self) -> Instant {
        self.0.created_at
    }
    /// Null while it is open.
    async fn closed_at(&self) -> Option<Instant> {
        self.0.closed_at
    }
    /// Null only when it could not be read.
    async fn division(&self, gql: &Context<'_>) -> Result<Option<Division>> {
        Ok(load(gql, DivisionByCode(self.0.division_code.clone())).await?.map(Division))
    }
    /// The branch that keeps it; null only when it could not be read.
    async fn branch(&self, gql: &Context<'_>) -> Result<Option<Branch>> {
        Ok(load(gql, BranchById(self.0.branch_id)).await?.map(Branch))
    }
    /// Published activities there that are not over, by start.
    #[graphql(complexity = "pages::price(first, last, child_complexity, pages::STATEMENT)")]
    async fn activities(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The first so many, 0 to 100; 20 by default.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page begins behind it.")] after: Option<String>,
        #[graphql(desc = "The last so many, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "A cursor of this list: the page ends before it.")] before: Option<String>,
    ) -> Result<Connection<String, Activity>> {
        let list = format!("facility-activities-{}", self.0.id);
        let page = Page::read(&list, PageArgs { first, after, last, before })?;
        let filter =
            ActivityFilter { facility: Some(self.0.id), from: Some(ctx(gql).now()), ..ActivityFilter::default() };
        let slice = activities::activities(&ctx(gql).db.conn, filter, page).await.map_err(Fault::from)?;
        Ok(slice.connection(&list, |row| (row.starts_at, row.id.0), Activity))
    }
}

/// The facility with this id; everybody sees them.
pub async fn facility_by_id(gql: &Context<'_>, id: FacilityId) -> Result<Option<Facility>> {
    Ok(load(gql, FacilityById(id)).await?.map(Facility))
}

/// A branch's own facilities, by name.
pub async fn facilities_of(
    gql: &Context<'_>,
    branch: BranchId,
    closed_too: bool,
    args: PageArgs,
) -> Result<Connection<String, Facility>> {
    let list = format!("facilities-{branch}");
    let page = Page::read(&list, args)?;
    let slice = store::of_branch(&ctx(gql).db.conn, branch, closed_too, page).await.map_err(Fault::from)?;
    Ok(slice.connection(&list, |row| (row.name.clone(), row.id.0), Facility))
}

/// When a facility is open on some days of the week, in Asia/Shanghai.
#[derive(InputObject)]
struct OpeningSpanInput {
    /// At least one.
    weekdays: Vec<Weekday>,
    /// Opens at.
    opens_at: TimeOfDay,
    /// Closes at; on the day after when this is not later than `opensAt`.
    closes_at: TimeOfDay,
}

fn hours(given: Vec<OpeningSpanInput>) -> OpeningHours {
    let span = |mut given: OpeningSpanInput| {
        given.weekdays.sort_unstable();
        given.weekdays.dedup();
        OpenSpan { weekdays: given.weekdays, opens_at: given.opens_at.0, closes_at: given.closes_at.0 }
    };
    OpeningHours(given.into_iter().map(span).collect())
}

/// What `createFacility` takes.
#[derive(InputObject)]
struct CreateFacilityInput {
    /// A branch in your care.
    branch_id: GlobalId<BranchId>,
    /// What kind of place it is.
    kind: FacilityKind,
    /// At most 60 characters, unlike any other open facility of the branch.
    name: String,
    /// At most 200 characters.
    address: String,
    /// Of the place, any level.
    division_code: String,
    /// Where it is.
    place: Place,
    /// At most 14 lines; none when it has no fixed hours.
    #[graphql(default)]
    opening_hours: Vec<OpeningSpanInput>,
}

/// Leave out what stays as it is.
#[derive(InputObject)]
struct ChangeFacilityInput {
    /// An open facility in your care.
    facility_id: GlobalId<FacilityId>,
    /// What changed and why, for those who are signed up there; 1 to 400 characters.
    note: String,
    /// What kind of place it is.
    kind: Option<FacilityKind>,
    /// At most 60 characters, unlike any other open facility of the branch.
    name: Option<String>,
    /// At most 200 characters.
    address: Option<String>,
    /// Of the place, any level.
    division_code: Option<String>,
    /// Where it is.
    place: Option<Place>,
    /// Replaces the list; at most 14 lines.
    opening_hours: Option<Vec<OpeningSpanInput>>,
}

/// What `closeFacility` takes.
#[derive(InputObject)]
struct CloseFacilityInput {
    /// An open facility in your care.
    facility_id: GlobalId<FacilityId>,
    /// For those in charge of activities there; 1 to 400 characters.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
struct FacilityPayload {
    /// Null when it was refused.
    facility: Option<Facility>,
    /// Why it was refused, for people and for the app; empty when it was done.
    errors: Vec<FacilityError>,
}

#[derive(Default)]
pub struct FacilityMutation;

#[Object]
impl FacilityMutation {
    /// Opens a place of a branch. For officers of that branch or one above.
    async fn create_facility(&self, gql: &Context<'_>, input: CreateFacilityInput) -> Result<FacilityPayload> {
        let ctx = ctx(gql);
        let text = FacilityText {
            kind: input.kind,
            name: text::line("name", &input.name, 60, true)?,
            address: text::line("address", &input.address, 200, true)?,
            division_code: input.division_code,
            point: input.place.point()?,
            opening_hours: hours(input.opening_hours),
        };
        let (facility, errors) = settle(ctx, service::create(ctx, input.branch_id.0, text).await, FacilityError::new)?;
        Ok(FacilityPayload { facility: facility.map(Facility), errors })
    }

    /// Changes a facility. Where it moves, the activities there move with it, and those who are signed up find it in their
    /// inbox. For officers of its branch or one above.
    async fn change_facility(&self, gql: &Context<'_>, input: ChangeFacilityInput) -> Result<FacilityPayload> {
        let ctx = ctx(gql);
        let note = text::field("note", &input.note, 400, true)?;
        let line = |name: &str, given: &Option<String>, at_most: usize| {
            given.as_deref().map(|given| text::line(name, given, at_most, true)).transpose()
        };
        let (name, address) = (line("name", &input.name, 60)?, line("address", &input.address, 200)?);
        let point = input.place.map(Place::point).transpose()?;
        let change = |text: &mut FacilityText| {
            text.kind = input.kind.unwrap_or(text.kind);
            text.point = point.unwrap_or(text.point);
            if let Some(name) = name {
                text.name = name;
            }
            if let Some(address) = address {
                text.address = address;
            }
            if let Some(code) = input.division_code {
                text.division_code = code;
            }
            if let Some(given) = input.opening_hours {
                text.opening_hours = hours(given);
            }
        };
        let changed = service::change(ctx, input.facility_id.0, change, &note).await;
        let (facility, errors) = settle(ctx, changed, FacilityError::new)?;
        Ok(FacilityPayload { facility: facility.map(Facility), errors })
    }

    /// Closes a facility: nothing new takes place there. Who is in charge of activities there finds the reason in the inbox
    /// and moves them or calls them off. For officers of its branch or one above.
    async fn close_facility(&self, gql: &Context<'_>, input: CloseFacilityInput) -> Result<FacilityPayload> {
        let ctx = ctx(gql);
        let reason = text::field("reason", &input.reason, 400, true)?;
        let closed = service::close(ctx, input.facility_id.0, &reason).await;
        let (facility, errors) = settle(ctx, closed, FacilityError::new)?;
        Ok(FacilityPayload { facility: facility.map(Facility), errors })
    }
}

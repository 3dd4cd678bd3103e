//! What can be refused about facilities.

use boai_entity::facility::OpeningHours;

use crate::{platform::refusal::When, refusals};

/// Lines of opening hours: a week has seven days, and some places have a morning and an afternoon.
const SPANS_MAX: usize = 14;

refusals! {
    /// Why the facility was not opened, changed or closed.
    FacilityRefusal, FacilityErrorCode, FacilityError {
        /// There is no such branch or facility in your care.
        NotFound => "There is no such branch or facility in your care.", "您名下没有该红十字会或场所。";
        /// The branch has an open facility of that name.
        NameTaken { name: String } at "name" => "The branch has a facility named {name} already. Choose another name.", "该红十字会已有名为“{name}”的场所,请换一个名称。";
        /// There is no such division.
        DivisionUnknown at "divisionCode" => "There is no division with this code. Choose one with `divisions`.", "没有该行政区划代码。";
        /// The opening hours have too many lines, or a line without a day.
        OpeningHoursUnfit { lines: i64, at_most: i64 } at "openingHours" => "Opening hours have at most {at_most} lines ({lines} were given), and each names a day at least.", "开放时间最多 {at_most} 行(现有 {lines} 行),每行至少选择一天。";
        /// It was closed.
        Closed { closed_at: When } at "facilityId" => "The facility was closed at {closed_at}. Open a new one with `createFacility`.", "该场所已于 {closed_at} 关闭,请另行登记。";
    }
}

pub fn check_hours(hours: &OpeningHours) -> Result<(), FacilityRefusal> {
    if hours.0.len() <= SPANS_MAX && hours.0.iter().all(|span| !span.weekdays.is_empty()) {
        return Ok(());
    }
    let [lines, at_most] = [hours.0.len(), SPANS_MAX].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    Err(FacilityRefusal::OpeningHoursUnfit { lines, at_most })
}

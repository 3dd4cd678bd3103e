//! Issues of honour rolls by id.

use boai_entity::ids::HonourRollIssueId;

use crate::load_by_id;

load_by_id! {
    IssueById(HonourRollIssueId) => honour_roll_issue: id,
}

//! One type per thing that has an id, so that a shift's id never lands where an activity's belongs.

use sea_orm::{DbErr, DeriveValueType, TryFromU64};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, DeriveValueType)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl TryFromU64 for $name {
            fn try_from_u64(_: u64) -> Result<Self, DbErr> {
                Err(DbErr::Custom(concat!(stringify!($name), " is a UUID made before the write, not a sequence").into()))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    AccountRecoveryId
    ActivityId
    AttendanceId
    AttendanceAttemptId
    AttendanceSignalId
    AuditEntryId
    AwardObjectionId
    AwardRoundId
    BadgeRuleId
    BadgeRulePreviewId
    BranchId
    CertificateId
    CommendationNomineeId
    CommendationRoundId
    ConsentId
    DataExportId
    DeskEntryId
    DeskGrantId
    DisputeId
    ErasureId
    EvaluationId
    FacilityId
    HonourRollEntryId
    HonourRollIssueId
    IdentityId
    InboxItemId
    LedgerEntryId
    MonthStatementId
    OutboxEventId
    OutsideHonourId
    PendingActId
    PersonId
    PolicyId
    PolicyPreviewId
    PostId
    PresenceAskId
    RefusedScanId
    RegistrationId
    RetentionPolicyId
    ReviewItemId
    RoleGrantId
    RoleReviewId
    ServiceRecordId
    SessionId
    ShiftId
    ShiftRuleId
    SignUpId
    StarAwardId
    StarBadgeId
    StarCandidateId
    StarCaseId
    StarSchemeId
    SyncedEndId
    TeamId
    TrainingRecordId
    VolunteerId
}

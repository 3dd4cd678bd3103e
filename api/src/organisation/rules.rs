//! What can be refused about teams and their members.

use boai_entity::kinds::MembershipState;

use crate::refusals;

refusals! {
    /// Why the team was not founded.
    FoundTeamRefusal, FoundTeamErrorCode, FoundTeamError {
        /// There is no such branch in your care.
        BranchNotFound at "branchId" => "There is no such branch in your care.", "您名下没有该红十字会。";
        /// The branch has a team of that name.
        NameTaken { name: String } at "name" => "The branch has a team named {name} already. Choose another name.", "该红十字会已有名为“{name}”的服务队,请换一个名称。";
    }
}

refusals! {
    /// Why you did not join or leave.
    MembershipRefusal, TeamMembershipErrorCode, TeamMembershipError {
        /// There is no such team.
        TeamNotFound at "teamId" => "There is no such team.", "没有找到该服务队。";
        /// You are a member already.
        AlreadyMember at "teamId" => "You are a member of this team already.", "您已是该队队员。";
        /// You are no member and have not asked.
        NotMember at "teamId" => "You are no member of this team and have not asked to be one.", "您不是该队队员,也没有提出申请。";
    }
}

refusals! {
    /// Why the decision was not taken.
    DecideRefusal, DecideTeamMemberErrorCode, DecideTeamMemberError {
        /// Nobody with this id has asked to join a team of yours.
        NotFound at "volunteerId" => "Nobody with this id has asked to join this team of yours.", "没有找到向您的服务队提出申请的该志愿者。";
        /// It has been decided already.
        AlreadyDecided at "volunteerId" => "This request has been decided already.", "该申请已处理。";
    }
}

/// Whether this can be a national code, which has digits only. Anything else is the code of nothing, and no database is
/// asked for it (PostgreSQL takes no NUL in a text).
pub fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a volunteer in this state may ask to join (again).
pub fn may_ask(current: Option<MembershipState>) -> Result<(), MembershipRefusal> {
    match current {
        Some(MembershipState::Accepted) => Err(MembershipRefusal::AlreadyMember),
        _ => Ok(()),
    }
}

// The app's screens as Relay has them: fragments that are fetched again through `Node`, and lists that grow page by page.
// relay-compiler reads them; nobody runs them here.
const graphql = () => {};

export const screens = [
  graphql`
    query screensNearQuery($point: Place!) {
      ...screensNear_query @arguments(point: $point)
    }
  `,
  graphql`
    fragment screensNear_query on Query
    @refetchable(queryName: "screensNearPageQuery")
    @argumentDefinitions(point: { type: "Place!" }, count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" }) {
      activitiesNear(point: $point, within: 20000, first: $count, after: $cursor) @connection(key: "Near_activitiesNear") {
        edges {
          distance
          placesLeft
          node {
            id
            ...screensActivity_activity
          }
        }
      }
    }
  `,
  graphql`
    fragment screensActivity_activity on Activity @refetchable(queryName: "screensActivityQuery") {
      title
      state
      shifts {
        id
        placesLeft
        ...screensRoster_shift
      }
      team {
        ...screensTeam_team
      }
    }
  `,
  graphql`
    fragment screensRoster_shift on Shift
    @refetchable(queryName: "screensRosterPageQuery")
    @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
      startsAt
      signUps(first: $count, after: $cursor, states: [SEATED, WAITING]) @connection(key: "Roster_signUps", filters: []) {
        edges {
          node {
            id
            state
            volunteer {
              name
            }
          }
        }
      }
    }
  `,
  graphql`
    fragment screensTeam_team on Team
    @refetchable(queryName: "screensTeamPageQuery")
    @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) {
      name
      branch {
        name
        parent {
          name
        }
      }
      members(last: $count, before: $cursor) @connection(key: "Team_members") {
        edges {
          node {
            state
            volunteer {
              name
            }
          }
        }
      }
    }
  `,
  graphql`
    query screensNodeQuery($id: ID!) {
      node(id: $id) {
        __typename
        ...screensActivity_activity @alias
        ...screensRoster_shift @alias
        ...screensTeam_team @alias
        ... on Division {
          children(first: 5) @connection(key: "Division_children") {
            edges {
              node {
                name
              }
            }
          }
        }
        ... on Attendance {
          checkInGrade
          record {
            minutes @required(action: LOG)
          }
        }
      }
    }
  `,
  graphql`
    mutation screensSignUpMutation($input: SignUpForShiftInput!, $connections: [ID!]!) {
      signUpForShift(input: $input) {
        signUp @appendNode(connections: $connections, edgeTypeName: "SignUpEdge") {
          id
          state
        }
        errors {
          code
          message
        }
      }
    }
  `,
  graphql`
    subscription screensBoardSubscription($shiftId: ID!) {
      attendanceBoard(shiftId: $shiftId) {
        present
        latest {
          id
          volunteer {
            name
          }
        }
      }
    }
  `,
];

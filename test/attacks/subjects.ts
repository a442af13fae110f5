import {
  type Attack,
  type ApiName,
  behind,
  forbidden,
  granted,
  insufficientScope,
  invalidToken,
  type Outcome,
} from './attack.ts'

const wrongSubject = forbidden('wrong_subject')
const user = granted('user', 'alice')
const machine = granted('machine', 'alice')

/** Returns an `act` claim with `count` actors. An `act` claim with more than eight actors is malformed. */
function nestedActors(count: number): object {
  return count === 1 ? { sub: 'admin' } : { sub: 'admin', act: nestedActors(count - 1) }
}

/**
 * Tokens, and their outcomes by API. The options of `any` do not mention subjects, so only conventions classify the subjects.
 * In `users` and `machines`, an option states that the `sub` of a machine is its client id. `alice` is a user.
 */
const CALLERS: readonly (readonly [
  name: string,
  claims: Record<string, unknown>,
  outcomes: Readonly<Partial<Record<ApiName, Outcome>>>,
])[] = [
  [
    'a client whose id is the name of a user',
    { sub: 'alice', client_id: 'alice' },
    { any: machine, users: wrongSubject, machines: machine },
  ],
  ...[{ email: 'alice@example.com' }, { amr: ['pwd'] }, { sid: 's' }, { auth_time: 1 }].map(
    (trace) =>
      [
        `a user whose id is the client id, with ${JSON.stringify(trace)}`,
        { sub: 'alice', client_id: 'alice', ...trace },
        { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
      ] as const,
  ),
  [
    'a user',
    { sub: 'alice', client_id: 'web' },
    { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
  ],
  // Products write these claims into the tokens of machines. The claims contradict the kind `user`. Users cannot set the claims.
  ...[
    { gty: 'client-credentials' },
    { grant_type: 'client_credentials' },
    { idtyp: 'app' },
    { preferred_username: 'service-account-web' },
    { aut: 'AGENT' },
  ].map(
    (mark) =>
      [
        `a user with the contradicting claim ${JSON.stringify(mark)}`,
        { sub: 'alice', client_id: 'web', ...mark },
        { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
      ] as const,
  ),
  ...[
    { azp: 'alice' },
    { azpacr: '1' },
    { cid: 'alice' },
    { appid: 'alice' },
    { clientId: 'alice' },
    { 'client-id': 'alice' },
    { Client_Id: 'alice' },
    { kind: 'machine' },
    { subject: { kind: 'machine' } },
    { act: { sub: 'alice', client_id: 'alice' } },
    { client: { client_id: 'alice' } },
    { constructor: { client_id: 'alice' } },
  ].map(
    (claim) =>
      [
        `a user with the additional claim ${JSON.stringify(claim)}`,
        { sub: 'alice', client_id: 'web', ...claim },
        { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
      ] as const,
  ),
  ...[' alice', 'alice ', 'Alice', 'alice\0', 'ali\u00adce', '\u0430lice', 'alice\u0301'].map(
    (clientId) =>
      [
        `a user with a client id that resembles the sub: ${JSON.stringify(clientId)}`,
        { sub: 'alice', client_id: clientId },
        { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
      ] as const,
  ),
  [
    'a token with a sub and no client id',
    { sub: 'alice', client_id: undefined },
    { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
  ],
  [
    'a token with a sub, and with azp in place of the client id',
    { sub: 'alice', client_id: undefined, azp: 'alice' },
    { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
  ],
  [
    'a token with a client id and no sub',
    { sub: undefined },
    { any: granted('unknown'), users: wrongSubject, machines: wrongSubject },
  ],
  [
    'a token without sub and client id',
    { sub: undefined, client_id: undefined },
    { any: granted('unknown'), users: wrongSubject, machines: wrongSubject },
  ],
  ...[null, '', 0, ['alice'], { sub: 'alice' }].map(
    (value) =>
      [
        `a token with the client id ${JSON.stringify(value)}`,
        { sub: 'alice', client_id: value },
        {
          any: invalidToken('invalid_claim'),
          users: invalidToken('invalid_claim'),
          machines: invalidToken('invalid_claim'),
        },
      ] as const,
  ),
  // A well-formed `act` claim does not change the subject.
  ...[{ sub: 'admin' }, { sub: 'admin', exp: 1 }, { client_id: 'admin' }, null].map(
    (act) =>
      [
        `a user with act ${JSON.stringify(act)}`,
        { sub: 'alice', client_id: 'web', act, may_act: { sub: 'admin' } },
        { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
      ] as const,
  ),
  ...['x', ['x'], {}, { act: { sub: 'admin' } }, { sub: ['admin'] }].map(
    (act) =>
      [
        `a user with the malformed act ${JSON.stringify(act)}`,
        { sub: 'alice', client_id: 'web', act },
        { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
      ] as const,
  ),
  [
    'a user with an act of nine actors',
    { sub: 'alice', client_id: 'web', act: nestedActors(9) },
    { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
  ],
]

/** Tokens that imitate another kind of caller or another client, mostly with the claims of a provider. */
const AT_PROVIDERS: readonly (readonly [
  name: string,
  api: ApiName,
  claims: Record<string, unknown>,
  outcome: Outcome,
])[] = [
  ...['service', 'ai_agent', 'service ai_agent'].map(
    (mark) =>
      [
        `a user of Auth0 with the sub_profile ${mark}`,
        'auth0',
        { sub: 'auth0|alice', azp: 'web', client_id: undefined, sub_profile: mark },
        wrongSubject,
      ] as const,
  ),
  [
    'an agent of Auth0 with the sub of a user',
    'auth0',
    { sub: 'auth0|alice', sub_profile: 'ai_agent', client_profile: 'ai_agent' },
    wrongSubject,
  ],
  [
    'a user of authentik who signs in through a listed client',
    'authentik',
    { sub: '9b1c', preferred_username: 'alice', email: 'alice@example.com' },
    wrongSubject,
  ],
  [
    'a user of Okta whose login is the id of the client',
    'okta',
    { sub: 'reports', cid: 'reports', uid: '00u1', client_id: undefined },
    wrongSubject,
  ],
  [
    'a user token that a listed client has exchanged',
    'listed',
    { sub: 'alice', act: { sub: 'reports-cron' } },
    wrongSubject,
  ],
  [
    'a machine of Clerk that sets the client id of another client',
    'clerk',
    { sub: 'mch_2', client_id: 'web' },
    forbidden('wrong_client'),
  ],
  [
    'a machine of Clerk that sets the id of another machine as its client id',
    'clerk',
    { sub: 'mch_2', client_id: 'mch_1', azp: 'mch_1' },
    forbidden('wrong_client'),
  ],
  ...['scope', 'scopes', 'scp'].map(
    (name) =>
      [
        `a machine of Clerk that sets ${name}`,
        'clerk, with a scope',
        { sub: 'mch_2', scope: undefined, [name]: 'admin' },
        insufficientScope,
      ] as const,
  ),
  [
    'a machine of Stytch with the id of another client in its token',
    'stytch',
    { sub: 'm2m-client-test-2', client_id: 'web' },
    forbidden('wrong_client'),
  ],
  [
    'a client of Gravitee without a client_id claim',
    'gravitee',
    { sub: 'svc', client_id: undefined },
    wrongSubject,
  ],
]

const atProviders: readonly Attack[] = AT_PROVIDERS.map(([name, api, claims, outcome]) => ({
  name: name + behind(api),
  attack: ({ issuer }) => issuer.token({ claims }),
  outcome,
  api,
}))

const anywhere: readonly Attack[] = CALLERS.flatMap(([name, claims, outcomes]) =>
  (Object.entries(outcomes) as [ApiName, Outcome][]).map(([api, outcome]): Attack => {
    return {
      name: name + (api === 'any' ? ', without an option for subjects' : behind(api)),
      attack: ({ issuer }) => issuer.token({ claims }),
      outcome,
      api,
    }
  }),
)

export const SUBJECTS: readonly Attack[] = [...anywhere, ...atProviders]

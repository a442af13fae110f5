import {
  type Attack,
  type Door,
  forbidden,
  granted,
  insufficientScope,
  invalidToken,
  type Outcome,
} from './attack.ts'

const wrongSubject = forbidden('wrong_subject')
const user = granted('user', 'alice')
const machine = granted('machine', 'alice')

function actorsInARow(count: number): object {
  return count === 1 ? { sub: 'admin' } : { sub: 'admin', act: actorsInARow(count - 1) }
}

/**
 * Who somebody is taken for: where nothing is said about it (`any`), and by guards for users and for
 * machines where a machine's `sub` is its client id. `alice` is a user.
 */
const CALLERS: readonly (readonly [
  name: string,
  claims: Record<string, unknown>,
  outcomes: Readonly<Partial<Record<Door, Outcome>>>,
])[] = [
  [
    'a client that has registered the name of a user',
    { sub: 'alice', client_id: 'alice' },
    { any: machine, users: wrongSubject, machines: machine },
  ],
  ...[{ email: 'alice@example.com' }, { amr: ['pwd'] }, { sid: 's' }, { auth_time: 1 }].map(
    (trace) =>
      [
        `a user who is called what the client is called, with ${JSON.stringify(trace)}`,
        { sub: 'alice', client_id: 'alice', ...trace },
        { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
      ] as const,
  ),
  [
    'a user',
    { sub: 'alice', client_id: 'web' },
    { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
  ],
  // The token contradicts "user", and a claim of a product is not for a user to write.
  ...[
    { gty: 'client-credentials' },
    { grant_type: 'client_credentials' },
    { idtyp: 'app' },
    { preferred_username: 'service-account-web' },
    { aut: 'AGENT' },
  ].map(
    (mark) =>
      [
        `a user who writes ${JSON.stringify(mark)} into a claim of his own`,
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
    (spoofed) =>
      [
        `a user who writes ${JSON.stringify(spoofed)} into a claim of his own`,
        { sub: 'alice', client_id: 'web', ...spoofed },
        { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
      ] as const,
  ),
  ...[' alice', 'alice ', 'Alice', 'alice\0', 'ali\u00adce', '\u0430lice', 'alice\u0301'].map(
    (clientId) =>
      [
        `a user beside the client id ${JSON.stringify(clientId)}`,
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
    'a token with a sub and azp in place of the client id',
    { sub: 'alice', client_id: undefined, azp: 'alice' },
    { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
  ],
  [
    'a token with a client id and no sub',
    { sub: undefined },
    { any: granted('unknown'), users: wrongSubject, machines: wrongSubject },
  ],
  [
    'a token with neither',
    { sub: undefined, client_id: undefined },
    { any: granted('unknown'), users: wrongSubject, machines: wrongSubject },
  ],
  ...[null, '', 0, ['alice'], { sub: 'alice' }].map(
    (value) =>
      [
        `a client id of ${JSON.stringify(value)}`,
        { sub: 'alice', client_id: value },
        {
          any: invalidToken('invalid_claim'),
          users: invalidToken('invalid_claim'),
          machines: invalidToken('invalid_claim'),
        },
      ] as const,
  ),
  // Whoever acts for somebody, the subject stays who it is.
  ...[{ sub: 'admin' }, { sub: 'admin', exp: 1 }, { client_id: 'admin' }, null].map(
    (act) =>
      [
        `act ${JSON.stringify(act)}`,
        { sub: 'alice', client_id: 'web', act, may_act: { sub: 'admin' } },
        { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
      ] as const,
  ),
  ...['x', ['x'], {}, { act: { sub: 'admin' } }, { sub: ['admin'] }, actorsInARow(9)].map(
    (act) =>
      [
        `a malformed act ${JSON.stringify(act).slice(0, 30)}`,
        { sub: 'alice', client_id: 'web', act },
        { any: granted('unknown', 'alice'), users: wrongSubject, machines: wrongSubject },
      ] as const,
  ),
]

/** What somebody brings about at a provider whose machines or users it is about. */
const AT_PROVIDERS: readonly (readonly [
  name: string,
  door: Door,
  claims: Record<string, unknown>,
  outcome: Outcome,
])[] = [
  ...['service', 'ai_agent', 'service ai_agent'].map(
    (mark) =>
      [
        `a user of Auth0 whose token is marked ${mark}`,
        'auth0',
        { sub: 'auth0|alice', azp: 'web', client_id: undefined, sub_profile: mark },
        wrongSubject,
      ] as const,
  ),
  [
    'an agent at Auth0 that is called what a user is called',
    'auth0',
    { sub: 'auth0|alice', sub_profile: 'ai_agent', client_profile: 'ai_agent' },
    wrongSubject,
  ],
  [
    'a person who lets a client of authentik in as themselves',
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
    'a token of a user that a listed client has exchanged',
    'listed',
    { sub: 'alice', act: { sub: 'reports-cron' } },
    wrongSubject,
  ],
  [
    'a machine of Clerk that writes the client id of another client',
    'clerk',
    { sub: 'mch_2', client_id: 'web' },
    forbidden('wrong_client'),
  ],
  [
    'a machine of Clerk that writes the id of another machine as its client id',
    'clerk',
    { sub: 'mch_2', client_id: 'mch_1', azp: 'mch_1' },
    forbidden('wrong_client'),
  ],
  ...['scope', 'scopes', 'scp'].map(
    (name) =>
      [
        `a machine of Clerk that writes ${name}`,
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
    'a client of Gravitee that has been given an audience of its own',
    'gravitee',
    { sub: 'svc', client_id: undefined },
    wrongSubject,
  ],
]

const atProviders: readonly Attack[] = AT_PROVIDERS.map(([name, door, claims, outcome]) => ({
  name,
  attack: ({ issuer }) => issuer.token({ claims }),
  outcome,
  door,
}))

const anywhere: readonly Attack[] = CALLERS.flatMap(([name, claims, outcomes]) =>
  (Object.entries(outcomes) as [Door, Outcome][]).map(([door, outcome]): Attack => {
    return {
      name: `${name}, ${door === 'any' ? 'where nothing is said' : `where ${door} may call`}`,
      attack: ({ issuer }) => issuer.token({ claims }),
      outcome,
      door,
    }
  }),
)

export const SUBJECTS: readonly Attack[] = [...anywhere, ...atProviders]

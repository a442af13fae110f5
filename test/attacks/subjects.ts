import { type Attack, type Door, forbidden, granted, invalidToken, type Outcome } from './attack.ts'

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
  [
    'a user',
    { sub: 'alice', client_id: 'web' },
    { any: granted('unknown', 'alice'), users: user, machines: wrongSubject },
  ],
  ...[
    { gty: 'client-credentials' },
    { grant_type: 'client_credentials' },
    { idtyp: 'app' },
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

export const SUBJECTS: readonly Attack[] = CALLERS.flatMap(([name, claims, outcomes]) =>
  (Object.entries(outcomes) as [Door, Outcome][]).map(([door, outcome]): Attack => {
    return {
      name: `${name}, ${door === 'any' ? 'where nothing is said' : `where ${door} may call`}`,
      attack: ({ issuer }) => issuer.token({ claims }),
      outcome,
      door,
    }
  }),
)

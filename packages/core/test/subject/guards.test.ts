import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import {
  type AccessToken,
  type BearwardEvent,
  createResourceServer,
  type Outcome,
  type Requirements,
  type ResourceServerOptions,
} from '../../src/index.ts'

const TENANT = '8d2f2e4a-0c1b-4f7e-9a55-3b6c7d8e9f01'
const ENTRA = `https://login.microsoftonline.com/${TENANT}/v2.0`
const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab12Cd34E'
const GITHUB = 'https://token.actions.githubusercontent.com'
/** Claims that the tokens of the test issuer do not contain, unless a test adds them. */
const BARE = { sub: undefined, client_id: undefined, scope: undefined, jti: undefined }

type Options = Partial<Extract<ResourceServerOptions, { issuer: string }>>

/** Calls a guard with one token of one issuer. Returns the outcome and the events. */
function call(
  issuer: string,
  options: Options,
  claims: Record<string, unknown>,
  requirements: Requirements = {},
  header: Record<string, unknown> = { typ: 'JWT' },
): { outcome: Outcome; events: BearwardEvent[] } {
  const server = createTestIssuer({ issuer })
  const events: BearwardEvent[] = []
  const { guard } = createResourceServer({
    issuer,
    audience: AUDIENCE,
    jwks: server.jwks,
    onEvent: (event) => events.push(event),
    ...options,
  })
  const token = server.token({ header, claims: { ...BARE, ...claims } })
  const outcome = guard(requirements)(requestWith(token)) as Outcome
  return { outcome, events }
}

function getGrantedToken(...given: Parameters<typeof call>): AccessToken {
  const { outcome } = call(...given)
  if (outcome.kind !== 'granted') throw new Error(JSON.stringify(outcome))
  return outcome.token
}

/** Returns the reason of a refusal, or the kind of another outcome. */
function getOutcome(...given: Parameters<typeof call>): string {
  const { outcome } = call(...given)
  return outcome.kind === 'refused' ? outcome.reason : outcome.kind
}

describe('a service account of Keycloak', () => {
  const claims = {
    sub: '6f1c2b1e-9d5b-4c8e-8f44-2a1f7c3d9e10',
    azp: 'billing-worker',
    client_id: 'billing-worker',
    clientHost: '10.1.2.3',
    clientAddress: '10.1.2.3',
    preferred_username: 'service-account-billing-worker',
  }

  it('a guard refuses a service account as unknown if provider is not set, and the advice in subject_unknown names the option provider', () => {
    const options = { machineSubject: 'client_id' } as const
    const { outcome, events } = call(ISSUER, options, claims, { subject: 'user' })
    expect(outcome).toMatchObject({ kind: 'refused', status: 403, reason: 'wrong_subject' })
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'subject_unknown',
        reason: 'conflict',
        rules: ['sub_is_not_client_id', 'trace_of_machine'],
        advice: expect.stringContaining("Set the provider of this issuer (provider: 'keycloak'"),
      }),
    )
  })

  it('a service account of the provider keycloak meets the requirement subject: machine, and does not meet subject: user', () => {
    const keycloak = { provider: 'keycloak' } as const
    expect(getOutcome(ISSUER, keycloak, claims, { subject: 'user' })).toBe('wrong_subject')
    expect(getOutcome(ISSUER, keycloak, claims, { subject: 'machine' })).toBe('granted')
  })
})

const entraUser = { azp: 'web', oid: 'user-1', sub: 'pairwise-1', scp: 'read write', tid: TENANT }
const entraApp = { azp: 'cron', oid: 'app-1', sub: 'app-1', idtyp: 'app', tid: TENANT }

describe('tokens of a provider', () => {
  it('Entra: a guard reads scopes from scp for users and from roles for applications, and refuses values of a wrong type', () => {
    const user = getGrantedToken(ENTRA, {}, { ...entraUser, roles: ['admin'] })
    expect(user).toMatchObject({ clientId: 'web', scopes: ['read', 'write'] })
    expect(user.subject).toMatchObject({ kind: 'user', id: 'user-1' })
    const app = getGrantedToken(ENTRA, {}, { ...entraApp, roles: ['read', 'admin'] })
    expect(app).toMatchObject({ clientId: 'cron', scopes: ['read', 'admin'] })
    expect(app.subject).toMatchObject({ kind: 'machine', id: 'cron' })
    const agent = getGrantedToken(ENTRA, {}, { ...entraApp, scp: '/', roles: ['read'] })
    expect(agent.scopes).toEqual(['read'])
    const marked = getGrantedToken(
      ENTRA,
      {},
      { ...entraUser, idtyp: 'user', scp: '', roles: ['admin'] },
    )
    expect(marked.scopes).toEqual([])
    expect(getOutcome(ENTRA, {}, { ...entraApp, roles: 'admin' })).toBe('invalid_claim')
    expect(getOutcome(ENTRA, {}, { ...entraUser, scp: ['read'] })).toBe('invalid_claim')
  })

  it('Entra: a guard refuses an ID token that contains roles, and the reason is wrong_token_type', () => {
    const idToken = { ...BARE, sub: 'pairwise-1', oid: 'user-1', roles: ['admin'] }
    expect(getOutcome(ENTRA, {}, idToken)).toBe('wrong_token_type')
    expect(getOutcome(ENTRA, {}, { ...idToken, nonce: 'n' })).toBe('wrong_token_type')
  })

  it('Auth0: a token has no client id and does not meet the requirement clients if azp and client_id differ', () => {
    const both = { sub: 'auth0|1', azp: 'web', client_id: 'web', scope: 'read' }
    const auth0 = { provider: 'auth0' } as const
    expect(getGrantedToken(ISSUER, auth0, both).clientId).toBe('web')
    const two = getGrantedToken(ISSUER, auth0, { ...both, client_id: 'other' })
    expect(two.clientId).toBeUndefined()
    expect(two.subject).toMatchObject({ kind: 'unknown', evidence: { reason: 'conflict' } })
    const clients: Requirements = { clients: ['web', 'other'] }
    expect(getOutcome(ISSUER, auth0, both, clients)).toBe('granted')
    expect(getOutcome(ISSUER, auth0, { ...both, client_id: 'other' }, clients)).toBe('wrong_client')
    const allowed = { ...auth0, allowedClients: ['web', 'other'] }
    expect(getOutcome(ISSUER, allowed, { ...both, client_id: 'other' })).toBe('untrusted_client')
    expect(getOutcome(ISSUER, auth0, { ...both, azp: ['web'] })).toBe('invalid_claim')
  })

  it('Cognito: a guard refuses a token whose token_use is not access, and the reason is wrong_token_type', () => {
    const access = { token_use: 'access', client_id: 'cron', sub: 'cron', aud: undefined }
    const options: Options = { audience: null, allowedClients: ['cron'] }
    expect(getGrantedToken(COGNITO, options, access).subject.kind).toBe('machine')
    for (const token_use of [undefined, 'id', ['access']]) {
      expect(getOutcome(COGNITO, options, { ...access, token_use })).toBe('wrong_token_type')
    }
  })

  it('Okta: a guard reads client_id if cid is missing or equal, and scope only if scp is missing', () => {
    const okta = { provider: 'okta' } as const
    const agent = {
      sub: '0oaService',
      sub_profile: 'service',
      client_id: 'wlpAgent',
      scope: 'chat.read chat.history',
      act: { sub: 'wlpAgent', sub_profile: 'ai_agent' },
    }
    const token = getGrantedToken(ISSUER, okta, agent, {
      subject: 'machine',
      clients: ['wlpAgent'],
    })
    expect(token).toMatchObject({ clientId: 'wlpAgent', scopes: ['chat.read', 'chat.history'] })
    expect(token.subject).toMatchObject({ kind: 'machine', actor: { id: 'wlpAgent' } })
    const both = getGrantedToken(ISSUER, okta, { ...agent, cid: 'wlpAgent', scp: ['agent.invoke'] })
    expect(both).toMatchObject({ clientId: 'wlpAgent', scopes: ['agent.invoke'] })
    expect(getGrantedToken(ISSUER, okta, { ...agent, scp: [] }).scopes).toEqual([])
    const two = getGrantedToken(ISSUER, okta, { ...agent, cid: 'wlpOther' })
    expect(two.clientId).toBeUndefined()
    expect(two.subject).toMatchObject({ kind: 'unknown', evidence: { reason: 'conflict' } })
    const clients = { clients: ['wlpAgent', 'wlpOther'] }
    expect(getOutcome(ISSUER, okta, { ...agent, cid: 'wlpOther' }, clients)).toBe('wrong_client')
    expect(getOutcome(ISSUER, okta, { ...agent, scope: ['chat.read'] })).toBe('invalid_claim')
  })

  it('Firebase: a guard grants ID tokens of Firebase, and refuses ID tokens of other forms and other issuers', () => {
    const issuer = 'https://securetoken.google.com/acme-prod'
    const idToken = {
      sub: 'MWhfgdkelqbZFaO5CNtpt2eiY682',
      auth_time: 1_767_225_570,
      firebase: { identities: {}, sign_in_provider: 'password' },
    }
    const { subject, clientId, scopes } = getGrantedToken(issuer, {}, idToken, { subject: 'user' })
    expect({ id: subject.id, clientId, scopes }).toEqual({ id: idToken.sub, scopes: [] })
    for (const claims of [
      { firebase: undefined },
      { firebase: undefined, nonce: 'n' },
      { at_hash: 'h' },
      { nonce: 'n' },
    ]) {
      expect(getOutcome(issuer, {}, { ...idToken, ...claims })).toBe('wrong_token_type')
    }
    expect(getOutcome(ISSUER, {}, idToken)).toBe('wrong_token_type')
    const users = { subject: 'user' } as const
    expect(getOutcome('https://accounts.google.com', {}, idToken, users)).toBe('wrong_token_type')
  })

  it('Cloudflare Access: the subject is a machine for a service token, a user for a token with identity_nonce, and otherwise unknown', () => {
    const issuer = 'https://acme.cloudflareaccess.com'
    const person = { type: 'app', sub: 'p', email: 'ada@example.com', identity_nonce: 'n' }
    expect(getGrantedToken(issuer, {}, person, { subject: 'user' }).clientId).toBeUndefined()
    const id = 'e367826f93b8d71185e03fe518aff3b4.access'
    const service = { type: 'app', common_name: id }
    const token = getGrantedToken(issuer, {}, service, { subject: 'machine', clients: [id] })
    expect(token).toMatchObject({ clientId: id, subject: { kind: 'machine', id } })
    for (const named of ['Ada Example', `x${id}`, `${id}.example`]) {
      const certificate = { ...service, common_name: named }
      expect(getGrantedToken(issuer, {}, certificate).subject.kind).toBe('unknown')
      expect(getOutcome(issuer, {}, certificate, { subject: 'machine' })).toBe('wrong_subject')
      expect(getOutcome(issuer, {}, certificate, { clients: [named] })).toBe('wrong_client')
    }
    expect(getGrantedToken(issuer, {}, { ...person, common_name: id }).subject.kind).toBe('unknown')
    for (const type of ['org', undefined]) {
      expect(getOutcome(issuer, {}, { ...person, type })).toBe('wrong_token_type')
    }
  })

  it('Identity-Aware Proxy: the subject is a machine only for a service account that machineClients lists', () => {
    const issuer = 'https://cloud.google.com/iap'
    const cron = 'cron@acme-prod.iam.gserviceaccount.com'
    const machine = { sub: 'accounts.google.com:11', email: cron, identity_source: 'GOOGLE' }
    expect(getGrantedToken(issuer, {}, machine).subject.kind).toBe('unknown')
    const listed = { machineClients: [cron] }
    const { subject } = getGrantedToken(issuer, listed, machine, {
      subject: 'machine',
      clients: [cron],
    })
    expect(subject).toMatchObject({ kind: 'machine', id: cron })
    const person = { sub: 'accounts.google.com:12', email: 'ada@example.com', hd: 'example.com' }
    expect(getOutcome(issuer, listed, person, { subject: 'user' })).toBe('granted')
    const gcip = {
      sub: 'securetoken.google.com/acme-prod:u1',
      email: `securetoken.google.com/acme-prod:${cron}`,
      gcip: { sub: 'u1' },
    }
    expect(getOutcome(issuer, listed, gcip, { subject: 'user' })).toBe('granted')
    for (const claims of [gcip, { ...gcip, email: cron }, { ...machine, gcip: { sub: 'u1' } }]) {
      expect(getOutcome(issuer, listed, claims, { subject: 'machine' })).toBe('wrong_subject')
    }
  })

  it('PingAM: a guard refuses a token whose tokenName is not access_token', () => {
    const pingam = { provider: 'pingam' } as const
    const claims = { sub: '(usr!demo)', subname: 'demo', scope: ['read'], grant_type: 'password' }
    const accessToken = { ...claims, tokenName: 'access_token' }
    expect(getOutcome(ISSUER, pingam, accessToken, { subject: 'user', scope: 'read' })).toBe(
      'granted',
    )
    for (const tokenName of ['refresh_token', 'id_token', undefined]) {
      expect(getOutcome(ISSUER, pingam, { ...claims, tokenName })).toBe('wrong_token_type')
    }
  })

  it('GitHub Actions: the subject of a token with repository_id is a machine without a client id, and other tokens are refused', () => {
    const run = { sub: 'repo:acme/orders:ref:main', repository_id: '74', run_id: '1', actor: 'ada' }
    const check = ({ claims }: AccessToken) => claims['repository_id'] === '74'
    const { subject, clientId } = getGrantedToken(GITHUB, {}, run, { subject: 'machine', check })
    expect(subject).toMatchObject({ kind: 'machine', id: 'repo:acme/orders:ref:main' })
    expect(clientId).toBeUndefined()
    expect(getOutcome(GITHUB, {}, { ...run, repository_id: '75' }, { check })).toBe('check_failed')
    const unmarked = { ...run, repository_id: undefined }
    expect(getOutcome(GITHUB, {}, unmarked, { check })).toBe('wrong_token_type')
  })

  it('Clerk and Stytch: the client id of a machine is its sub, and the scopes of Clerk machines are ignored', () => {
    const clerk = { provider: 'clerk' } as const
    const usual = getGrantedToken(ISSUER, clerk, { sub: 'mch_1' }, { subject: 'machine' })
    expect(usual.subject).toMatchObject({ kind: 'machine', id: 'mch_1' })
    const chosen = { sub: 'mch_1', client_id: 'web', scope: 'admin', scopes: 'admin', scp: 'admin' }
    const { clientId, scopes, subject } = getGrantedToken(ISSUER, clerk, chosen)
    expect({ clientId, scopes, id: subject.id }).toEqual({
      clientId: 'mch_1',
      scopes: [],
      id: 'mch_1',
    })
    const user = { sub: 'user_1', client_id: 'web', scope: 'read' }
    expect(getGrantedToken(ISSUER, clerk, user)).toMatchObject({
      clientId: 'web',
      scopes: ['read'],
    })
    expect(getOutcome(ISSUER, clerk, { sub: 'somebody' })).toBe('wrong_token_type')
    expect(getOutcome(ISSUER, clerk, { sub: 'mch_1' }, { clients: ['mch_1'] })).toBe('granted')
    const stytch = { provider: 'stytch' } as const
    const m2m = { sub: 'm2m-client-live-1', client_id: 'web', scope: 'read' }
    expect(getGrantedToken(ISSUER, stytch, m2m)).toMatchObject({
      clientId: m2m.sub,
      scopes: ['read'],
    })
    expect(getOutcome(ISSUER, stytch, m2m, { clients: ['web'] })).toBe('wrong_client')
  })

  it('FusionAuth: the subject is a machine if the JOSE header has gty client_credentials, and is otherwise unknown', () => {
    const options = { provider: 'fusionauth' } as const
    const claims = { sub: 'entity', scope: 'target-entity:x' }
    const header = { typ: 'JWT', gty: ['client_credentials'] }
    expect(getGrantedToken(ISSUER, options, claims, {}, header).subject.kind).toBe('machine')
    expect(getGrantedToken(ISSUER, options, claims).subject.kind).toBe('unknown')
  })

  it('the options clientIdClaim, scopeClaim, scopeFormat and tokenUse take precedence over the profile of the provider', () => {
    const claims = { cid: 'a', client: 'b', scp: ['x'], permissions: ['y'], scope: 'z', sub: 's' }
    const okta = { provider: 'okta' } as const
    expect(getGrantedToken(ISSUER, okta, claims)).toMatchObject({ clientId: 'a', scopes: ['x'] })
    const client = { ...okta, clientIdClaim: 'client' }
    expect(getGrantedToken(ISSUER, client, claims)).toMatchObject({ clientId: 'b', scopes: ['x'] })
    const scopes = { ...okta, scopeClaim: 'permissions', scopeFormat: 'array' } as const
    expect(getGrantedToken(ISSUER, scopes, claims)).toMatchObject({ clientId: 'a', scopes: ['y'] })
    expect(getGrantedToken(ISSUER, { ...okta, scopeClaim: 'scope' }, claims).scopes).toEqual(['z'])
    const text = { ...okta, scopeFormat: 'string' } as const
    expect(getGrantedToken(ISSUER, text, { ...claims, scp: 'x y' }).scopes).toEqual(['x', 'y'])
    const kind = { ...okta, tokenUse: { claim: 'kind', value: 'access' } }
    expect(getOutcome(ISSUER, kind, claims)).toBe('wrong_token_type')
    const cognito = { provider: 'cognito', tokenUse: { claim: 'kind', value: 'at' } } as const
    expect(getOutcome(ISSUER, cognito, { client_id: 'c', kind: 'at' })).toBe('granted')
  })

  it('the option provider takes precedence over the provider that the address of the issuer indicates', () => {
    const claims = { sub: 'cron', client_id: 'cron', scope: 'read' }
    expect(
      getGrantedToken(ENTRA, { provider: 'duende', scopeFormat: 'string' }, claims).clientId,
    ).toBe('cron')
  })
})

describe('a guard', () => {
  const auth0 = { provider: 'auth0' } as const
  const machine = { sub: 'cron@clients', azp: 'cron', gty: 'client-credentials', scope: 'read' }
  const user = { sub: 'auth0|1', azp: 'web', scope: 'read' }
  const neither = { sub: 'somebody', azp: 'web', scope: 'read' }

  it.each<[requirements: Requirements, machine: string, user: string, neither: string]>([
    [{}, 'granted', 'granted', 'granted'],
    [{ subject: 'machine' }, 'granted', 'wrong_subject', 'wrong_subject'],
    [{ subject: 'user' }, 'wrong_subject', 'granted', 'wrong_subject'],
    [{ clients: ['web'] }, 'wrong_client', 'granted', 'granted'],
    [{ clients: ['cron'], subject: 'machine' }, 'granted', 'wrong_subject', 'wrong_subject'],
    [{ clients: ['cron', 'web'], subject: 'user' }, 'wrong_subject', 'granted', 'wrong_subject'],
  ])(
    'a guard with %j returns %s for a machine, %s for a user and %s for an unknown subject',
    (requirements, ...answers) => {
      const callers = [machine, user, neither]
      expect(callers.map((claims) => getOutcome(ISSUER, auth0, claims, requirements))).toEqual(
        answers,
      )
    },
  )

  it('a guard with subject user grants a user with an actor', () => {
    const token = getGrantedToken(
      ISSUER,
      auth0,
      { ...user, act: { sub: 'agent' } },
      { subject: 'user' },
    )
    expect(token.subject).toMatchObject({ kind: 'user', id: 'auth0|1', actor: { id: 'agent' } })
  })

  it('a guard that refuses an unknown subject publishes the events subject_unknown and refused with the same advice', () => {
    const { events } = call(ISSUER, auth0, neither, { subject: 'user' })
    expect(events.map(({ type }) => type)).toEqual(['verified', 'subject_unknown', 'refused'])
    expect(events[1]).toEqual({
      type: 'subject_unknown',
      issuer: ISSUER,
      reason: 'no_evidence',
      rules: [],
      claims: [],
      advice:
        'Keep sub and azp or client_id as Auth0 writes them, or name the machines in machineClients.',
      clientId: 'web',
      requestId: undefined,
    })
    expect(events[2]).toMatchObject({
      type: 'refused',
      advice: (events[1] as { advice: string }).advice,
    })
  })

  it.each<[options: Options, claims: Record<string, unknown>, reason: string, advice: string]>([
    [
      { machineClients: ['cron'] },
      { sub: 'a', client_id: 'b' },
      'no_evidence',
      "This client is not in machineClients. If it can act for a user, the refusal is right: do not add the client. To determine the subject kind, set the provider of this issuer (provider: 'auth0', ...), or describe the sub of machines with machineSubject: 'client_id' or 'absent', or name the machines in machineClients.",
    ],
    [
      { machineSubject: 'absent' },
      { sub: 'a', azp: 'b', scope: 'read' },
      'no_evidence',
      'The token contains no client id in client_id. Set clientIdClaim',
    ],
    [
      { provider: 'hydra', machineSubject: 'client_id', clientIdClaim: 'azp' },
      { sub: 'a', client_id: 'b' },
      'no_evidence',
      'The token contains no client id in azp. Set clientIdClaim',
    ],
    [
      { machineSubject: 'client_id' },
      { client_id: 'b' },
      'no_evidence',
      "To determine the subject kind, set the provider of this issuer (provider: 'auth0', ...), or name the machines",
    ],
    [
      { provider: 'keycloak', machineClients: ['cron'] },
      { azp: 'b', sub: 'a' },
      'no_evidence',
      'This client is not in machineClients. If it can act for a user, the refusal is right: do not add the client. Keep the client scopes',
    ],
    [
      { provider: 'auth0' },
      { ...user, act: 'agent' },
      'malformed',
      'A claim has an invalid value.',
    ],
    [{ provider: 'auth0' }, { ...user, client_id: 'other' }, 'conflict', 'contradict each other'],
    [
      { provider: 'entra' },
      { ...entraUser, idtyp: 'user', xms_sub_fct: '3 13' },
      'agent_account',
      'the user account of an agent',
    ],
    [{ provider: 'entra' }, { ...entraUser, oid: undefined, idtyp: 'user' }, 'no_id', 'is missing'],
    [{ provider: 'keycloak' }, { azp: 'b', sub: 'a' }, 'no_evidence', 'service_account'],
  ])(
    'the event subject_unknown for the options %j and the claims %j has the reason %s and the advice for this reason',
    (options, claims, reason, advice) => {
      const { events } = call(ISSUER, options, claims, { subject: 'machine' })
      expect(events[1]).toMatchObject({ type: 'subject_unknown', reason })
      expect(events[1]).toHaveProperty('advice', expect.stringContaining(advice))
    },
  )

  it('a guard does not publish subject_unknown if the subject kind is known', () => {
    const { events } = call(ISSUER, auth0, user, { subject: 'machine' })
    expect(events.map(({ type }) => type)).toEqual(['verified', 'refused'])
  })

  it('events about an unknown subject do not contain the sub, the actor or custom claims of the token', () => {
    const secret = 'c0ffee-of-the-token'
    for (const claims of [
      { sub: secret, azp: 'a-client' },
      { sub: `auth0|${secret}`, azp: 'a-client', client_id: 'x', scope: 'read' },
      { ...user, act: { sub: [secret] }, [secret]: secret },
    ]) {
      const { events } = call(ISSUER, auth0, claims, { subject: 'user' })
      expect(events.map(({ type }) => type)).toContain('subject_unknown')
      expect(JSON.stringify(events)).not.toContain(secret)
    }
  })
})

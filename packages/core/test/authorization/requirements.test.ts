import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ISSUER } from '../../../../test/support/issuer.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { checkIssuer } from '../../src/authorization/issuer.ts'
import {
  type CheckedRequirements,
  checkRequirements,
  runApplicationCheck,
  type Requirements,
} from '../../src/authorization/requirements.ts'
import type { AccessToken } from '../../src/model/access-token.ts'
import { toAccessToken } from '../../src/token/to-access-token.ts'
import { summarize } from '../support/refusal.ts'
import { createSettings, readForStatic } from '../support/settings.ts'

const OTHER = 'https://other.example.com'
const issuers = [ISSUER, OTHER].map((issuer) =>
  createSettings({ issuer, subjects: { machineSubject: 'client_id' } }),
)
const [own, other] = issuers as [(typeof issuers)[0], (typeof issuers)[0]]

const SCOPE = 'insufficient_scope: 403 insufficient_scope'
const ISSUERS = 'wrong_issuer: 403'
const CLIENT = 'wrong_client: 403'
const SUBJECT = 'wrong_subject: 403'
const CHECK = 'check_failed: 403'

const user = toAccessToken(
  { iss: ISSUER, sub: 'alice', client_id: 'app', scope: 'read write', exp: 1 },
  own,
  'jwt',
)
const machine = toAccessToken(
  { iss: OTHER, sub: 'cron', client_id: 'cron', scope: 'read', exp: 1 },
  other,
  'jwt',
)
const unknown = toAccessToken({ iss: ISSUER, sub: 'alice', exp: 1 }, own, 'jwt')

const request = { url: '/' }

/** Runs the three pipeline steps that depend on the requirements, in the order of the pipeline. */
function runChecks(token: AccessToken, requirements: CheckedRequirements) {
  const issuer = { settings: token.issuer === OTHER ? other : own }
  const verified = { token, issuer }
  const exchange = {
    token,
    verified,
    requirements,
    raw: request,
    checkedToken: undefined,
    request: undefined,
    services: { publish: () => {}, clock: systemClock },
  }
  return checkIssuer(exchange) ?? checkRequirements(exchange) ?? runApplicationCheck(exchange)
}

const decide = (token: AccessToken, requirements: Requirements) =>
  runChecks(token, readForStatic([requirements], issuers))

describe('checkRequirements', () => {
  it.each<[requirements: Requirements, user: string, machine: string, unknown: string]>([
    [{}, 'passed', 'passed', 'passed'],
    [{ scope: 'read' }, 'passed', 'passed', SCOPE],
    [{ scope: 'read write' }, 'passed', SCOPE, SCOPE],
    [{ scope: ['write', 'read'] }, 'passed', SCOPE, SCOPE],
    [{ scope: 'rea' }, SCOPE, SCOPE, SCOPE],
    [{ scope: 'Read' }, SCOPE, SCOPE, SCOPE],
    [{ scope: '__proto__' }, SCOPE, SCOPE, SCOPE],
    [{ scope: { any: ['write', 'admin'] } }, 'passed', SCOPE, SCOPE],
    [{ scope: { any: ['admin', 'read'] } }, 'passed', 'passed', SCOPE],
    [{ scope: { any: ['admin'] } }, SCOPE, SCOPE, SCOPE],
    [{ issuer: ISSUER }, 'passed', ISSUERS, 'passed'],
    [{ issuer: OTHER }, ISSUERS, 'passed', ISSUERS],
    [{ issuer: [OTHER, ISSUER] }, 'passed', 'passed', 'passed'],
    [{ clients: [{ issuer: ISSUER, clientId: 'app' }] }, 'passed', CLIENT, CLIENT],
    [{ clients: [{ issuer: ISSUER, clientId: 'cron' }] }, CLIENT, CLIENT, CLIENT],
    [{ clients: [{ issuer: OTHER, clientId: 'cron' }] }, CLIENT, 'passed', CLIENT],
    [{ clients: [{ issuer: ISSUER, clientId: 'alice' }] }, CLIENT, CLIENT, CLIENT],
    [{ subject: 'user' }, 'passed', SUBJECT, SUBJECT],
    [{ subject: 'machine' }, SUBJECT, 'passed', SUBJECT],
    [{ check: () => true }, 'passed', 'passed', 'passed'],
    [{ check: () => false }, CHECK, CHECK, CHECK],
    [{ check: ({ clientId }) => clientId === 'app' }, 'passed', CHECK, CHECK],
    [{ scope: 'read', subject: 'machine' }, SUBJECT, 'passed', SUBJECT],
    [{ optional: true }, 'passed', 'passed', 'passed'],
  ])(
    'checkIssuer, checkRequirements and runApplicationCheck with %o return %s for a user, %s for a machine, %s for an unknown subject',
    (requirements, ...results) => {
      expect(
        [user, machine, unknown].map((token) => summarize(decide(token, requirements))),
      ).toEqual(results)
    },
  )

  it('checkIssuer, checkRequirements and runApplicationCheck reject in the order issuer, subject, scope, clients, check', () => {
    const requirements: Requirements[] = [
      { check: () => false },
      { clients: [{ issuer: ISSUER, clientId: 'x' }] },
      { scope: 'admin' },
      { subject: 'machine' },
      { issuer: OTHER },
    ]
    const said = requirements.map((_, i) =>
      summarize(decide(user, Object.assign({}, ...requirements.slice(0, i + 1)) as Requirements)),
    )
    expect(said).toEqual([CHECK, CLIENT, SCOPE, SUBJECT, ISSUERS])
  })

  it('checkRequirements accepts a client id without an issuer if only one issuer is configured', () => {
    const required = readForStatic([{ clients: ['app'] }], [own])
    expect(summarize(runChecks(user, required))).toBe('passed')
    expect(summarize(runChecks(unknown, required))).toBe(CLIENT)
  })

  it('checkRequirements explains a rejection with the expected requirement and the content of the token', () => {
    const explained = (requirements: Requirements) => decide(machine, requirements)
    expect(explained({ scope: 'read write admin' })).toMatchObject({
      explanation: { check: 'scope', expected: 'read write admin', found: '"read"' },
    })
    expect(explained({ scope: { any: ['write', 'admin'] } })).toMatchObject({
      explanation: { check: 'scope', expected: 'write or admin', found: '"read"' },
    })
    for (const scope of ['admin', { any: ['write', 'admin'] }]) {
      expect(decide(unknown, { scope })).toMatchObject({ explanation: { found: 'no scopes' } })
    }
    expect(explained({ subject: 'user' })).toMatchObject({
      explanation: { check: 'subject', expected: 'user', found: 'machine' },
    })
    // The same client id at another issuer is a different client, so both texts name the issuers.
    const clients = [{ issuer: ISSUER, clientId: 'cron' }]
    expect(explained({ clients })).toMatchObject({
      explanation: { expected: `cron of ${ISSUER}`, found: `"cron" of ${OTHER}` },
    })
    expect(decide(unknown, { clients })).toMatchObject({ explanation: { found: 'no client' } })
  })

  it('runApplicationCheck calls check with the token and the request, but not after the rejection insufficient_scope', () => {
    const seen: unknown[] = []
    const check = (...given: unknown[]) => seen.push(...given) > 0
    expect(summarize(decide(user, { check }))).toBe('passed')
    expect(seen).toEqual([user, request])
    expect(seen[0]).toBe(user)
    expect(seen[1]).toBe(request)
    expect(summarize(decide(user, { scope: 'admin', check }))).toBe(SCOPE)
    expect(seen).toHaveLength(2)
  })

  it('runApplicationCheck waits for the promise of a check, even for a promise of another realm', async () => {
    const later = (answer: boolean) => async () => answer
    expect(summarize(await decide(user, { check: later(true) }))).toBe('passed')
    expect(summarize(await decide(user, { check: later(false) }))).toBe(CHECK)
    const foreign = () => runInNewContext('Promise.resolve(false)') as Promise<boolean>
    expect(foreign()).not.toBeInstanceOf(Promise)
    expect(summarize(await decide(user, { check: foreign }))).toBe(CHECK)
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['the number 1', 1],
    ['a string', 'true'],
    ['an object', {}],
    ['an empty array', []],
    ['an array with true', [true]],
    ['a symbol', Symbol('true')],
  ])(
    'runApplicationCheck throws a TypeError if a check returns %s, directly or in a promise',
    async (_, answer) => {
      const message =
        'The check of a guard must return true or false, or a promise of true or false.'
      const now = async () => decide(user, { check: () => answer as boolean })
      await expect(now()).rejects.toThrow(new TypeError(message))
      const later = async () => decide(user, { check: async () => answer as boolean })
      await expect(later()).rejects.toThrow(new TypeError(message))
    },
  )

  it('runApplicationCheck returns a rejection if a check returns undefined, and explains that a return is missing', async () => {
    for (const check of [() => {}, async () => {}]) {
      expect(await decide(user, { check: check as () => boolean })).toMatchObject({
        reason: 'check_failed',
        explanation: { found: 'undefined: a return is missing in the check' },
      })
    }
  })

  it('runApplicationCheck throws the error of a check', async () => {
    const failure = new RangeError('the database is down')
    const check = () => {
      throw failure
    }
    expect(() => decide(user, { check })).toThrow(failure)
    await expect(decide(user, { check: async () => check() })).rejects.toBe(failure)
  })
})

import { optionsFromEnv, REASONS, type ReasonText } from '@bearward/core'
import { ERRORS } from '@bearward/client'
import { describe, expect, it } from 'vitest'
import { DEFAULTS, OPTIONS } from '../../packages/client/src/read-options.ts'
import { TOKEN_TIMES } from '../../packages/client/src/token-life-cycle.ts'
import { REQUESTS_AT_ONCE } from '../../packages/client/src/token-endpoint.ts'
import { ANSWER } from '../../packages/client/src/token-response.ts'
import { HELD_TOKENS } from '../../packages/client/src/token-source.ts'
import { BREAKER } from '../../packages/core/src/token/introspection/circuit-breaker.ts'
import { KEY_TIMES } from '../../packages/core/src/keys/life-cycle.ts'
import { METADATA_AGE } from '../../packages/core/src/authorization-server/discovered-endpoint.ts'
import { LONGEST_RETRY_AFTER } from '../../packages/core/src/authorization-server/retry-after.ts'
import { readBinding, rejectBound } from '../../packages/core/src/binding/confirmation.ts'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { ISSUER_OPTIONS } from '../../packages/core/src/options/read-issuer.ts'
import { INTROSPECTION_OPTIONS } from '../../packages/core/src/options/read-introspection.ts'
import { LEVELS, UNKNOWN_REASONS } from '../../packages/core/src/subject/evidence.ts'
import {
  PROFILES,
  getProfile,
  type Provider,
  getProviderOfIssuer,
} from '../../packages/core/src/subject/providers.ts'
import { COMMON_OPTIONS } from '../../packages/core/src/options/read-options.ts'
import { filesBelow, read } from '../repository/files.ts'

/** The rows of the table that begins with this heading, cell by cell. */
function table(document: string, firstHeading: string): readonly (readonly string[])[] {
  const lines = read(document).split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${firstHeading} |`))
  expect(start, `a table "${firstHeading}" in ${document}`).toBeGreaterThan(-1)
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'))
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('`', '')),
  )
}

/** The `type` of every event of a package, from the interfaces that are named `...Event`. */
function readEventTypes(name: string): readonly string[] {
  const EVENT = /^export interface \w+Event\b[^{]*\{\s*readonly type: '(\w+)'$/gm
  return filesBelow(`packages/${name}/src`).flatMap((path) =>
    [...read(path).matchAll(EVENT)].map(([, type]) => type!),
  )
}

describe('the tables of the documentation are true:', () => {
  it('refusals', () => {
    const rows = Object.entries<ReasonText>(REASONS).map(([reason, { status, error }]) => [
      reason,
      String(status),
      status === 503 ? 'none, but Retry-After' : (error ?? '-'),
    ])
    const documented = table('README.md', 'reason')
    expect(documented.map((row) => row.slice(0, 3))).toEqual(rows)
    for (const [reason, , , meaning] of documented) expect([reason, meaning]).not.toContain('')
  })

  it('options', () => {
    const names = (heading: string) => table('README.md', heading).map(([name]) => name)
    expect(names('option of an issuer')).toEqual(ISSUER_OPTIONS)
    expect(names('option of introspection')).toEqual(INTROSPECTION_OPTIONS)
    expect(names('option')).toEqual(COMMON_OPTIONS)
  })

  it('environment variables', () => {
    const documented = new Set(read('README.md').match(/BEARWARD_[A-Z_]*[A-Z]/g))
    let message = ''
    try {
      optionsFromEnv({ BEARWARD_: 'no variable has this name' })
    } catch (error) {
      message = (error as Error).message
    }
    const known = /Known are (.*)\.$/m.exec(message)?.[1]?.split(', ')
    expect([...documented].sort()).toEqual(known?.sort())
  })

  it('evidence', () => {
    const names = (heading: string) => table('docs/subjects.md', heading).map(([name]) => name)
    expect(names('level')).toEqual([...LEVELS, 'none'])
    expect(names('reason')).toEqual([...UNKNOWN_REASONS])
  })

  it('providers', () => {
    const rows = table('docs/subjects.md', 'provider')
    expect(rows.map(([name]) => name)).toEqual(Object.keys(PROFILES))
    for (const [name, machine, user, , byItself] of rows) {
      const { rules, issuerPattern } = getProfile(name as Provider)
      const tells = (kind: string) =>
        rules.some((rule) => rule.kind === kind && rule.level !== 'convention')
      expect([name, !/^(?:not told|has none)$/.test(machine!)]).toEqual([name, tells('machine')])
      expect([name, !/^(?:not told|has none)$/.test(user!)]).toEqual([name, tells('user')])
      const named = byItself === '-' ? [] : byItself!.split(', ')
      expect([name, named.length > 0]).toEqual([name, issuerPattern !== undefined])
      for (const issuer of named) {
        expect(getProviderOfIssuer(issuer.replaceAll(/<\w+>/g, 'acme'))).toBe(name)
      }
    }
  })

  it('times of keys', () => {
    const numbers = table('README.md', 'what').map(([, number]) => number)
    const { maxAge, staleLimit, refreshAt, backOff, withoutKeys } = KEY_TIMES
    const { unknownKey, changedKey } = KEY_TIMES
    expect(unknownKey.burst).toBe(2)
    expect(changedKey.burst).toBe(1)
    expect(numbers).toEqual([
      `${maxAge / 60} min (jwksMaxAge)`,
      `${refreshAt.part * 100} %, give or take ${refreshAt.jitter * 100} %`,
      '3 s (fetchTimeout)',
      `${backOff.first} s, doubling up to ${backOff.last} s, give or take ${backOff.jitter * 100} %`,
      `at most ${LONGEST_RETRY_AFTER.documents} s`,
      'is made once more, at once',
      `${staleLimit / 3600} h (jwksStaleIfError)`,
      `twice at once, then once in ${unknownKey.interval} s`,
      `once in ${changedKey.interval} s`,
      `every ${withoutKeys} s where requests ask`,
      `${METADATA_AGE / 60_000} min, or when the keys are gone from their address`,
    ])
  })

  it('bounds of introspection', () => {
    const { failures, pause } = BREAKER
    const { introspectionCalls, callsForKnownTokens, introspectionBytes, rememberedAnswers } =
      LIMITS
    expect(table('README.md', 'bound of introspection').map(([, number]) => number)).toEqual([
      '3 s (fetchTimeout)',
      'is made once more, at once',
      `${introspectionCalls}, of which ${callsForKnownTokens} are for tokens that were active before`,
      String(failures),
      `${pause.first} s, doubling up to ${pause.last} s`,
      `at most ${LONGEST_RETRY_AFTER.introspection} s`,
      String(introspectionBytes),
      `${rememberedAnswers.active}, in ${rememberedAnswers.activeBytes / 1_048_576} MiB`,
      String(rememberedAnswers.inactive),
    ])
    expect(read('README.md')).toContain(`counts for its guards for ${LIMITS.answerOfRequest} s`)
  })

  it('events', () => {
    const types = readEventTypes('core')
    const documented = table('README.md', 'event').map(([name]) => name)
    expect(new Set(documented)).toEqual(new Set(types))
    expect(documented).toHaveLength(types.length)
    expect(types.length).toBeGreaterThan(10)
  })

  it('bindings', () => {
    const thumbprint = 'A'.repeat(43)
    const text = read('README.md').replace(/\s+/g, ' ')
    for (const cnf of [{ jkt: thumbprint }, { 'x5t#S256': thumbprint }, { jwk: {} }, {}]) {
      const found = rejectBound(readBinding({ cnf }))?.explanation.found
      expect(text).toContain(`\`${found}\``)
    }
  })

  it('of the client: options, errors, events, numbers', () => {
    const manual = 'packages/client/README.md'
    const first = (heading: string) => table(manual, heading).map(([name]) => name)
    expect(first('option')).toEqual(OPTIONS)
    const defaults = table(manual, 'option').filter(([name]) => Object.hasOwn(DEFAULTS, name!))
    expect(Object.fromEntries(defaults.map(([name, usual]) => [name, Number(usual)]))).toEqual(
      DEFAULTS,
    )
    expect(table(manual, 'code')).toEqual(
      Object.entries(ERRORS).map(([code, { fault, isTransient, advice }]) => [
        code,
        fault,
        isTransient ? 'yes' : 'no',
        advice,
      ]),
    )
    const types = readEventTypes('client')
    expect(first('event')).toEqual(types)
    expect(types).toHaveLength(5)

    const { renewBefore, leeway, longestLifetime, pause, retryAfter } = TOKEN_TIMES
    const numbers = table(manual, 'what happens').map(
      ([, number]) => number!.split(/[:;,] (?=it|what|with|each|for|others)/)[0],
    )
    expect(numbers).toEqual([
      `${renewBefore.part * 100} % of its lifetime, at most ${renewBefore.most} s (renewBefore)`,
      `${leeway.part * 100} % of its lifetime, at most ${leeway.most} s`,
      `${longestLifetime} s`,
      'is made once more, at once',
      `${pause.first} s, doubling up to ${pause.last} s`,
      `at most ${retryAfter} s`,
      `at most ${TOKEN_TIMES.withoutToken} s, unless Retry-After says more`,
      `${TOKEN_TIMES.tooYoung} s`,
      String(REQUESTS_AT_ONCE),
      String(ANSWER.bytes),
    ])
    expect(read(manual)).toContain(`At most ${HELD_TOKENS} are held`)
    const young = `asked for less than ${TOKEN_TIMES.tooYoung} seconds ago`
    expect(read(manual).replace(/\s+/g, ' ').split(young)).toHaveLength(3)
  })

  it('limits', () => {
    const rows = table('SECURITY.md', 'limit').map(([name, value]) => [name, value])
    const flat = Object.entries(LIMITS).flatMap(([name, value]) =>
      typeof value === 'number'
        ? [[name, String(value)]]
        : Object.entries(value).map(([bound, number]) => [`${name}.${bound}`, String(number)]),
    )
    expect(rows).toEqual(flat)
  })
})

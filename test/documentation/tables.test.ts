import { REASONS, type ReasonText } from '@bearward/core'
import { ERRORS } from '@bearward/client'
import { describe, expect, it } from 'vitest'
import { TARGET_LIMITS } from '../../packages/client/src/target-limits.ts'
import { SOURCE_OPTIONS } from '../../packages/client/src/options.ts'
import { TOKEN_TIMES } from '../../packages/client/src/token-times.ts'
import { REQUESTS_AT_ONCE } from '../../packages/client/src/request-queue.ts'
import { TOKEN_RESPONSE } from '../../packages/client/src/token-response.ts'
import { REDIS_REPLAY_OPTIONS } from '../../packages/redis/src/options.ts'
import { BREAKER } from '../../packages/core/src/token/introspection/availability.ts'
import { PROBE } from '../../packages/core/src/token/introspection/probe.ts'
import { KEY_TIMES } from '../../packages/core/src/keys/life-cycle.ts'
import { METADATA_AGE } from '../../packages/core/src/authorization-server/discovered-endpoint.ts'
import { LONGEST_RETRY_AFTER } from '../../packages/core/src/authorization-server/retry-after.ts'
import { readBinding, checkSupported } from '../../packages/core/src/binding/confirmation.ts'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { COMMON_OPTIONS } from '../../packages/core/src/options/common-options.ts'
import { TOKEN_CACHE } from '../../packages/core/src/options/token-cache-option.ts'
import { DYNAMIC_ISSUER_OPTIONS } from '../../packages/core/src/options/dynamic-issuer-options.ts'
import { DPOP } from '../../packages/core/src/options/dpop-options.ts'
import { INTROSPECTION_OPTIONS } from '../../packages/core/src/options/introspection-options.ts'
import { ISSUER_OPTIONS } from '../../packages/core/src/options/issuer-options.ts'
import type { AnyOptionRow } from '../../packages/core/src/options/option-table.ts'
import { LEVELS, UNKNOWN_REASONS } from '../../packages/core/src/subject/evidence.ts'
import {
  getProviderOfIssuer,
  ISSUER_PATTERNS,
} from '../../packages/core/src/subject/issuer-patterns.ts'
import { PROFILES, getProfile, type Provider } from '../../packages/core/src/subject/providers.ts'
import { filesBelow, read } from '../repository/files.ts'
import { ADVICE, formatFailures, formatReasons } from './advice-sections.ts'
import { readTable } from './read-table.ts'

/** Returns the `type` of each event of a package, from the interfaces whose names end with `Event`. */
function readEventTypes(name: string): readonly string[] {
  const EVENT = /^export interface \w+Event\b[^{]*\{\s*readonly type: '(\w+)'$/gm
  return filesBelow(`packages/${name}/src`).flatMap((path) =>
    [...read(path).matchAll(EVENT)].map(([, type]) => type!),
  )
}

/** Members of the interfaces that event interfaces of the core extend. */
const INHERITED: Readonly<Record<string, readonly string[]>> = {
  CallFailure: ['failure', 'detail'],
  Explanation: ['check', 'expected', 'found'],
}

/** Returns the member names of each event of the core, except `type`. The keys of the result are the values of `type`. */
function readEventMembers(): Readonly<Record<string, readonly string[]>> {
  const EVENT =
    /^export interface \w+Event\b(?: extends (\w+)[^{]*)?\s*\{\s*readonly type: '(\w+)'$([^]*?)^\}$/gm
  const events = filesBelow('packages/core/src').flatMap((path) =>
    [...read(path).matchAll(EVENT)].map(([, base, type, body]) => {
      const own = [...body!.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member]) => member!)
      return [type!, [...(base === undefined ? [] : INHERITED[base]!), ...own].sort()] as const
    }),
  )
  return Object.fromEntries(events)
}

type Options = Readonly<Record<string, AnyOptionRow>>

/**
 * Returns the default of an option in the form of the documentation. Returns `undefined` if the option has no default, or if
 * its default has functions.
 */
function formatDefault({ default: value }: AnyOptionRow): string | undefined {
  if (value === undefined || JSON.stringify(value) === undefined) return undefined
  const members = Object.entries(value as object)
  if (members.some(([, member]) => typeof member === 'function')) return undefined
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value)
  return `{ ${members.map(([name, member]) => `${name}: ${member}`).join(', ')} }`
}

/** Compares a table of options with the code: names, order, required options and defaults. */
function expectOptions(document: string, heading: string, options: Options): void {
  const rows = readTable(document, heading)
  expect(rows.map(([name]) => name)).toEqual(Object.keys(options))
  for (const [name, cell] of rows) {
    const option = options[name!]!
    expect([name, cell === 'required']).toEqual([name, option.required])
    const value = formatDefault(option)
    if (value !== undefined) expect([name, cell]).toEqual([name, value])
  }
}

/** Compares the docstrings of options with the code: the `@default` and the maximum. */
function expectDocstrings(path: string, options: Options): void {
  const source = read(path)
  for (const [name, option] of Object.entries(options)) {
    const DOCSTRING = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*readonly ${name}\\??:`)
    const docstring = DOCSTRING.exec(source)?.[1] ?? ''
    const documented = /@default (.*)/.exec(docstring)?.[1]?.trim()
    const value = formatDefault(option)
    if (value !== undefined) expect([name, documented]).toEqual([name, value])
    else if (option.default !== undefined) expect([name, documented]).not.toContain(undefined)
    const { max = 0 } = option.bounds ?? {}
    if (max > 0 && max < Number.MAX_SAFE_INTEGER) {
      expect([name, docstring.match(/\d+/g)]).toEqual([name, expect.arrayContaining([String(max)])])
    }
  }
}

interface Limits {
  readonly [name: string]: number | Limits
}

/** Returns the limits with their complete names, such as `rsaBits.min`. */
function flattenLimits(limits: Limits, prefix = ''): readonly (readonly string[])[] {
  return Object.entries(limits).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [[prefix + name, String(value)]]
      : flattenLimits(value, `${prefix}${name}.`),
  )
}

describe('documentation', () => {
  it('the table in docs/errors.md has the reasons, statuses and errors of REASONS', () => {
    const rows = Object.entries<ReasonText>(REASONS).map(([reason, { status, error }]) => [
      reason,
      String(status),
      status === 503 ? 'none, but Retry-After' : (error ?? '-'),
    ])
    const documented = readTable('docs/errors.md', 'reason')
    expect(documented.map((row) => row.slice(0, 3))).toEqual(rows)
    for (const [reason, , , meaning, change] of documented) {
      expect([reason, meaning]).not.toContain('')
      expect(change).toMatch(new RegExp(`^\\[.+\\]\\(troubleshooting\\.md#${reason}\\)$`))
    }
  })

  it('the tables of options in docs/configuration.md have the names and defaults of the code', () => {
    expectOptions('docs/configuration.md', 'option of an issuer', ISSUER_OPTIONS)
    expectOptions('docs/configuration.md', 'option of introspection', INTROSPECTION_OPTIONS)
    expectOptions('docs/configuration.md', 'option of dynamic issuers', DYNAMIC_ISSUER_OPTIONS)
    expectOptions('docs/configuration.md', 'option', COMMON_OPTIONS)
    expectOptions('docs/configuration.md', 'option of metadata', COMMON_OPTIONS.metadata.table!)
    const mtls = COMMON_OPTIONS.mtls.table!
    expectOptions('docs/configuration.md', 'option of mtls', mtls)
    expectOptions('docs/configuration.md', 'option of a header', mtls['certificate']!.table!)
  })

  it('the docstrings of options have the defaults and maxima of the code', () => {
    expectDocstrings('packages/core/src/options/issuer-options.ts', ISSUER_OPTIONS)
    expectDocstrings('packages/core/src/options/introspection-options.ts', INTROSPECTION_OPTIONS)
    expectDocstrings('packages/core/src/options/dynamic-issuer-options.ts', DYNAMIC_ISSUER_OPTIONS)
    expectDocstrings('packages/core/src/options/common-options.ts', COMMON_OPTIONS)
    expectDocstrings('packages/core/src/options/mtls-options.ts', COMMON_OPTIONS.mtls.table!)
    expectDocstrings('packages/client/src/options.ts', SOURCE_OPTIONS)
  })

  it('the options of redisReplay in the documentation and in docstrings agree with the code', () => {
    expectOptions('docs/redis.md', 'option', REDIS_REPLAY_OPTIONS)
    expectOptions('packages/redis/README.md', 'option', REDIS_REPLAY_OPTIONS)
    expectDocstrings('packages/redis/src/options.ts', REDIS_REPLAY_OPTIONS)
  })

  it('docs/configuration.md lists each environment variable with its option', () => {
    const documented = readTable('docs/configuration.md', 'variable')
    const variables = Object.entries({ ...ISSUER_OPTIONS, ...COMMON_OPTIONS }).flatMap(
      ([option, { variable }]) => (variable === undefined ? [] : [[variable.name, option]]),
    )
    expect(documented.map((row) => row.slice(0, 2))).toEqual(variables)
    const page = read('docs/configuration.md').match(/BEARWARD_[A-Z_]*[A-Z]/g)
    expect([...new Set(page)].sort()).toEqual(variables.map(([name]) => name!).sort())
  })

  it('the table of limits in docs/configuration.md has the bounds of the options', () => {
    const issuer = Object.entries<AnyOptionRow>(ISSUER_OPTIONS)
    const introspection = Object.entries<AnyOptionRow>(INTROSPECTION_OPTIONS)
    const dynamic = Object.entries<AnyOptionRow>(DYNAMIC_ISSUER_OPTIONS)
    const common = Object.entries<AnyOptionRow>(COMMON_OPTIONS).flatMap(([name, row]) => [
      [name, row] as const,
      ...Object.entries(['metadata', 'tokenCache'].includes(name) ? row.table! : {}).map(
        ([member, of]) => [`${name}.${member}`, of] as const,
      ),
    ])
    const all = [
      ...issuer,
      ...introspection.map(([name, row]) => [`introspection.${name}`, row] as const),
      ...dynamic.map(([name, row]) => [`issuers.${name}`, row] as const),
      ...common,
    ]
    const rows = all.flatMap(([name, { bounds }]) => {
      if (bounds === undefined) return []
      const { min, max } = bounds
      return [[name, String(min), max < Number.MAX_SAFE_INTEGER ? String(max) : 'no limit']]
    })
    expect(readTable('docs/configuration.md', 'option with limits')).toEqual(rows)
  })

  it('docs/machine-or-user.md lists the levels of evidence and the reasons for unknown', () => {
    const names = (heading: string) =>
      readTable('docs/machine-or-user.md', heading).map(([name]) => name)
    expect(names('level')).toEqual([...LEVELS, 'none'])
    expect(names('reason')).toEqual([...UNKNOWN_REASONS])
  })

  it('the table of providers in docs/machine-or-user.md agrees with their rules', () => {
    const rows = readTable('docs/machine-or-user.md', 'provider')
    expect(rows.map(([name]) => name)).toEqual(Object.keys(PROFILES))
    for (const [name, machine, user, , recognized] of rows) {
      const { rules } = getProfile(name as Provider)
      const hasRuleFor = (kind: string) =>
        rules.some((rule) => rule.kind === kind && rule.level !== 'convention')
      expect([name, !/^(?:unknown|none)$/.test(machine!)]).toEqual([name, hasRuleFor('machine')])
      expect([name, !/^(?:unknown|none)$/.test(user!)]).toEqual([name, hasRuleFor('user')])
      const named = recognized === '-' ? [] : recognized!.split(', ')
      expect([name, named.length > 0]).toEqual([name, Object.hasOwn(ISSUER_PATTERNS, name!)])
      for (const issuer of named) {
        expect(getProviderOfIssuer(issuer.replaceAll(/<\w+>/g, 'acme'))).toBe(name)
      }
    }
  })

  it('the table of times for keys in docs/keys-and-outages.md has the numbers of the code', () => {
    const numbers = readTable('docs/keys-and-outages.md', 'what').map(([, number]) => number)
    const { maxAge, staleLimit, refreshAt, backOff, withoutKeys } = KEY_TIMES
    const { betweenDemands, longestWait } = KEY_TIMES
    const { perKid, inPause } = LIMITS.waitingForKeys
    const [earliest, latest] = [-1, 1].map((sign) =>
      Math.round((refreshAt.part + sign * refreshAt.jitter) * 100),
    )
    expect(numbers).toEqual([
      `${maxAge / 60} min (jwksMaxAge)`,
      `${earliest} to ${latest} % of their maximum age`,
      `${KEY_TIMES.waitForFresh} s`,
      '3 s (fetchTimeout)',
      `${backOff.first} s, doubling up to ${backOff.last} s, plus or minus ${backOff.jitter * 100} %`,
      `up to ${LONGEST_RETRY_AFTER.documents} s`,
      'the fetch is made once more',
      `${staleLimit / 3600} h (jwksStaleIfError)`,
      `one in ${betweenDemands} s`,
      `${longestWait} s; at most ${perKid} requests per kid and ${inPause} in all wait`,
      `one in ${withoutKeys} s`,
      `with the next fetch of keys if the metadata is older than ${METADATA_AGE / 60_000} min, or if the keys are not found (404, 410)`,
    ])
  })

  it('the table of failures in docs/keys-and-outages.md has the numbers, options and reasons of the code', () => {
    const rows = readTable('docs/keys-and-outages.md', 'what fails')
    const text = rows.map(([, happens]) => happens).join('\n')
    const { clockTolerance } = ISSUER_OPTIONS
    for (const number of [
      `${KEY_TIMES.staleLimit / 3600} hours`,
      `${KEY_TIMES.maxAge / 60} minutes`,
      `(about ${(2 * KEY_TIMES.maxAge * KEY_TIMES.refreshAt.part) / 60} minutes)`,
      `once in ${KEY_TIMES.betweenDemands} s`,
      `at most ${KEY_TIMES.waitForFresh} s`,
      `at most ${String(COMMON_OPTIONS.fetchTimeout.default)} s`,
      `used for ${String(INTROSPECTION_OPTIONS.maxAge.default)} s`,
      `up to ${String(clockTolerance.default)} s`,
    ]) {
      expect(text).toContain(number)
    }
    const names = { ...ISSUER_OPTIONS, ...COMMON_OPTIONS, ...INTROSPECTION_OPTIONS, ...DPOP.table }
    for (const [, , options] of rows) {
      for (const option of options!
        .replace(/an address in the option (.*) is never replaced/, '$1')
        .split(', ')) {
        const name = option.replace(/^(?:introspection|dpop)\./, '')
        if (name !== '-' && name !== 'distrustKey') expect(Object.keys(names)).toContain(name)
      }
    }
    const reasons = text.match(/\b[a-z]+_[a-z_]+\b/g)!
    const codes = [...Object.keys(REASONS), ...readEventTypes('core'), 'credentials_refused']
    for (const reason of reasons) expect(codes).toContain(reason)
  })

  it('the table and the text in docs/opaque-tokens.md have the numbers of the code', () => {
    const page = 'docs/opaque-tokens.md'
    const { failures, pause } = BREAKER
    const { introspectionCalls, callsForKnownTokens, introspectionBytes, cachedResponses } = LIMITS
    expect(readTable(page, 'limit of introspection').map(([, number]) => number)).toEqual([
      '3 s (fetchTimeout)',
      'the call is made once more',
      `${introspectionCalls}, of which ${callsForKnownTokens} are reserved for known tokens`,
      String(failures),
      `${pause.first} s, doubling up to ${pause.last} s`,
      `at most ${LONGEST_RETRY_AFTER.introspection} s`,
      `at most ${PROBE.perMinute} in a minute; after 401 or 429, none for ${PROBE.quiet} s, unless a valid response arrives earlier`,
      String(introspectionBytes),
      `${cachedResponses.active}, in ${cachedResponses.activeBytes / 1_048_576} MiB`,
      String(cachedResponses.inactive),
    ])
    const text = read(page).replaceAll(/\s+/g, ' ')
    expect(text).toContain(
      `All guards of one request share a response for ${LIMITS.responseOfRequest} s after it has arrived`,
    )
    expect(text).toContain(
      `${introspectionCalls - callsForKnownTokens} slow calls at the same time`,
    )
    expect(text).toContain(`\`maxTokenAge\` of at most ${LIMITS.ageWithoutMark} s`)
    const { maxAge, negativeMaxAge } = INTROSPECTION_OPTIONS
    expect(text).toContain(`${String(maxAge.default)} s (\`introspection.maxAge\`)`)
    expect(text).toContain(`${String(negativeMaxAge.default)} s (\`negativeMaxAge\`)`)
  })

  it('the tables of caches and of options in docs/caching.md have the numbers of the code', () => {
    const rows = readTable('docs/caching.md', 'cache')
    const { active, activeBytes, inactive } = LIMITS.cachedResponses
    const { entries, length } = LIMITS.cachedHeaders
    const { maxEntries, maxBytes } = TOKEN_CACHE
    const { maxAge, negativeMaxAge } = INTROSPECTION_OPTIONS
    expect(rows.map(([, , , size]) => size)).toEqual([
      `${maxEntries} tokens, in ${maxBytes / 1_048_576} MiB (tokenCache)`,
      `${LIMITS.keys} keys for each issuer`,
      'one for each issuer',
      `${active} responses, in ${activeBytes / 1_048_576} MiB`,
      `${inactive} responses`,
      `${entries} headers of at most ${length} characters`,
      `${LIMITS.cachedScopes.entries} texts of at most ${LIMITS.cachedScopes.length} characters`,
      '-',
      '-',
    ])
    expect(rows.at(-1)![2]).toBe(`${LIMITS.responseOfRequest} s`)
    expect(rows.slice(1, 5).map(([, , time]) => time)).toEqual([
      `${KEY_TIMES.maxAge / 60} min (jwksMaxAge); ${KEY_TIMES.staleLimit / 3600} h in an outage (jwksStaleIfError)`,
      `at least ${METADATA_AGE / 60_000} min, then fetched again at the next use; still used in an outage`,
      `${String(maxAge.default)} s (introspection.maxAge), not after exp`,
      `${String(negativeMaxAge.default)} s (introspection.negativeMaxAge)`,
    ])
    const { table } = COMMON_OPTIONS.tokenCache
    const bounds = Object.entries(table!).map(([name, { bounds: each, default: value }]) => [
      `tokenCache.${name}`,
      ...[each?.min, value, each?.max].map(String),
    ])
    expect(readTable('docs/caching.md', 'option')).toEqual(bounds)
  })

  it('the table of alerts in docs/operations.md names only reasons, events and failures of the code', () => {
    const failures = formatFailures().match(/(?<=^- `)\w+(?=`)/gm)!
    const codes = [...Object.keys(REASONS), ...readEventTypes('core'), ...failures]
    const signals = readTable('docs/operations.md', 'signal').map(([signal]) => signal!)
    const named = signals
      .join(' ')
      .match(/\b(?:refused|closed|inactive|malformed|[a-z]+_[a-z_]+)\b/g)!
    expect(named.length).toBeGreaterThan(15)
    for (const code of named) expect(codes).toContain(code)
  })

  it('the table of events in docs/logging-and-metrics.md lists each event once, with its members', () => {
    const types = readEventTypes('core')
    const documented = readTable('docs/logging-and-metrics.md', 'event')
    const members = documented.map(([type, , names]) => [
      type,
      names === '' ? [] : names!.split(', ').sort(),
    ])
    expect(Object.fromEntries(members)).toEqual(readEventMembers())
    expect(new Set(documented.map(([type]) => type))).toEqual(new Set(types))
    expect(documented).toHaveLength(types.length)
    expect(types.length).toBeGreaterThan(10)
  })

  it('docs/troubleshooting.md contains the advice for each refusal and failure, and each reason has advice', () => {
    const page = read('docs/troubleshooting.md')
    expect(page).toContain(formatReasons())
    expect(page).toContain(formatFailures())
    expect(Object.keys(ADVICE).sort()).toEqual(Object.keys(REASONS).sort())
    for (const rows of Object.values(ADVICE)) expect(rows.at(-1)).toBeTypeOf('string')
  })

  it('docs/errors.md has the words of the log for each kind of binding', () => {
    const thumbprint = 'A'.repeat(43)
    const text = read('docs/errors.md').replace(/\s+/g, ' ')
    for (const cnf of [{ jkt: thumbprint }, { 'x5t#S256': thumbprint }, { jwk: {} }, {}]) {
      const found = checkSupported(readBinding({ cnf }), { dpop: undefined, mtls: undefined })
        ?.explanation.found
      expect(text).toContain(`\`${found}\``)
    }
  })

  it('the tables in the README of the client agree with the code', () => {
    const manual = 'packages/client/README.md'
    const first = (heading: string) => readTable(manual, heading).map(([name]) => name)
    expectOptions(manual, 'option', SOURCE_OPTIONS)
    expect(readTable(manual, 'code')).toEqual(
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
    const numbers = readTable(manual, 'time or limit').map(
      ([, number]) => number!.split(/[:;,] (?=it|what|with|each|for|others)/)[0],
    )
    expect(numbers).toEqual([
      `${renewBefore.part * 100} % of its lifetime, at most ${renewBefore.most} s (renewBefore)`,
      `${leeway.part * 100} % of its lifetime, at most ${leeway.most} s`,
      `${longestLifetime} s`,
      'one retry, immediately',
      `${pause.first} s, doubling up to ${pause.last} s`,
      `at most ${retryAfter} s`,
      `at most ${TOKEN_TIMES.withoutToken} s, unless Retry-After is longer`,
      `at most ${pause.last} s`,
      `${TOKEN_TIMES.tooYoung} s`,
      String(REQUESTS_AT_ONCE),
      String(TOKEN_RESPONSE.bytes),
    ])
    expect(readTable(manual, 'limit of targets').map(([, number]) => number)).toEqual(
      Object.values(TARGET_LIMITS).map(String),
    )
    const sentence = `less than ${TOKEN_TIMES.tooYoung} seconds ago`
    expect(read(manual).replace(/\s+/g, ' ').split(sentence)).toHaveLength(3)
  })

  it('the table of limits in SECURITY.md has the names and numbers of LIMITS', () => {
    const rows = readTable('SECURITY.md', 'name').map(([name, value]) => [name, value])
    expect(rows).toEqual(flattenLimits(LIMITS))
  })
})

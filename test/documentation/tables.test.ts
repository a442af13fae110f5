import { REASONS, type ReasonText } from '@bearward/core'
import { ERRORS } from '@bearward/client'
import { describe, expect, it } from 'vitest'
import { TARGET_LIMITS } from '../../packages/client/src/target-limits.ts'
import { SOURCE_OPTIONS } from '../../packages/client/src/options.ts'
import { TOKEN_TIMES } from '../../packages/client/src/token-times.ts'
import { REQUESTS_AT_ONCE } from '../../packages/client/src/request-queue.ts'
import { ANSWER } from '../../packages/client/src/token-response.ts'
import { BREAKER } from '../../packages/core/src/token/introspection/circuit-breaker.ts'
import { PROBE } from '../../packages/core/src/token/introspection/probe.ts'
import { KEY_TIMES } from '../../packages/core/src/keys/life-cycle.ts'
import { METADATA_AGE } from '../../packages/core/src/authorization-server/discovered-endpoint.ts'
import { LONGEST_RETRY_AFTER } from '../../packages/core/src/authorization-server/retry-after.ts'
import { readBinding, rejectBound } from '../../packages/core/src/binding/confirmation.ts'
import { LIMITS } from '../../packages/core/src/limits.ts'
import { COMMON_OPTIONS } from '../../packages/core/src/options/common-options.ts'
import { INTROSPECTION_OPTIONS } from '../../packages/core/src/options/introspection-options.ts'
import { ISSUER_OPTIONS } from '../../packages/core/src/options/issuer-options.ts'
import type { AnyOptionRow } from '../../packages/core/src/options/option-table.ts'
import { LEVELS, UNKNOWN_REASONS } from '../../packages/core/src/subject/evidence.ts'
import {
  PROFILES,
  getProfile,
  type Provider,
  getProviderOfIssuer,
} from '../../packages/core/src/subject/providers.ts'
import { ADVICE } from '../../packages/core/src/advice/find-advice.ts'
import { filesBelow, read } from '../repository/files.ts'
import { formatFailures, formatReasons } from './advice-sections.ts'

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

type Options = Readonly<Record<string, AnyOptionRow>>

/** Returns how documentation writes the default of an option, if there is one that can be written. */
function formatDefault({ default: value }: AnyOptionRow): string | undefined {
  if (value === undefined || JSON.stringify(value) === undefined) return undefined
  const members = Object.entries(value as object)
  if (members.some(([, member]) => typeof member === 'function')) return undefined
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value)
  return `{ ${members.map(([name, member]) => `${name}: ${member}`).join(', ')} }`
}

/** Compares a table of options with the code: their names in this order, which are required, and the defaults. */
function expectOptions(document: string, heading: string, options: Options): void {
  const rows = table(document, heading)
  expect(rows.map(([name]) => name)).toEqual(Object.keys(options))
  for (const [name, cell] of rows) {
    const option = options[name!]!
    expect([name, cell === 'required']).toEqual([name, option.required])
    const usual = formatDefault(option)
    if (usual !== undefined) expect([name, cell]).toEqual([name, usual])
  }
}

/** Compares the docstrings of options with the code: `@default` and the maximum. */
function expectDocstrings(path: string, options: Options): void {
  const source = read(path)
  for (const [name, option] of Object.entries(options)) {
    const DOCSTRING = new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*readonly ${name}\\??:`)
    const docstring = DOCSTRING.exec(source)?.[1] ?? ''
    const documented = /@default (.*)/.exec(docstring)?.[1]?.trim()
    const usual = formatDefault(option)
    if (usual !== undefined) expect([name, documented]).toEqual([name, usual])
    else if (option.default !== undefined) expect([name, documented]).not.toContain(undefined)
    const { max = 0 } = option.bounds ?? {}
    if (max > 0 && max < Number.MAX_SAFE_INTEGER) {
      expect([name, docstring.match(/\d+/g)]).toEqual([name, expect.arrayContaining([String(max)])])
    }
  }
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
    expectOptions('README.md', 'option of an issuer', ISSUER_OPTIONS)
    expectOptions('README.md', 'option of introspection', INTROSPECTION_OPTIONS)
    expectOptions('README.md', 'option', COMMON_OPTIONS)
  })

  it('docstrings of options', () => {
    expectDocstrings('packages/core/src/options/issuer-options.ts', ISSUER_OPTIONS)
    expectDocstrings('packages/core/src/options/introspection-options.ts', INTROSPECTION_OPTIONS)
    expectDocstrings('packages/core/src/options/common-options.ts', COMMON_OPTIONS)
    expectDocstrings('packages/client/src/options.ts', SOURCE_OPTIONS)
  })

  it('environment variables', () => {
    const documented = new Set(read('README.md').match(/BEARWARD_[A-Z_]*[A-Z]/g))
    const variables = Object.values({ ...ISSUER_OPTIONS, ...COMMON_OPTIONS }).flatMap(
      ({ variable }) => (variable === undefined ? [] : [variable.name]),
    )
    expect([...documented].sort()).toEqual(variables.sort())
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
    const { betweenDemands, longestWait } = KEY_TIMES
    expect(numbers).toEqual([
      `${maxAge / 60} min (jwksMaxAge)`,
      `${refreshAt.part * 100} %, give or take ${refreshAt.jitter * 100} %`,
      `${KEY_TIMES.waitForFresh} s`,
      '3 s (fetchTimeout)',
      `${backOff.first} s, doubling up to ${backOff.last} s, give or take ${backOff.jitter * 100} %`,
      `at most ${LONGEST_RETRY_AFTER.documents} s`,
      'is made once more, at once',
      `${staleLimit / 3600} h (jwksStaleIfError)`,
      `once in ${betweenDemands} s`,
      `${longestWait} s, ${LIMITS.waitingForKeys.perKid} requests a kid and ${LIMITS.waitingForKeys.inPause} in all`,
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
      `${introspectionCalls}, of which ${callsForKnownTokens} are reserved for known tokens`,
      String(failures),
      `${pause.first} s, doubling up to ${pause.last} s`,
      `at most ${LONGEST_RETRY_AFTER.introspection} s`,
      `one probe in ${PROBE.valid} s, none for ${PROBE.quiet} s after 401 or 429`,
      String(introspectionBytes),
      `${rememberedAnswers.active}, in ${rememberedAnswers.activeBytes / 1_048_576} MiB`,
      String(rememberedAnswers.inactive),
    ])
    expect(read('README.md')).toContain(
      `good for all guards of that request for ${LIMITS.answerOfRequest} s`,
    )
  })

  it('events', () => {
    const types = readEventTypes('core')
    const documented = table('README.md', 'event').map(([name]) => name)
    expect(new Set(documented)).toEqual(new Set(types))
    expect(documented).toHaveLength(types.length)
    expect(types.length).toBeGreaterThan(10)
  })

  it('advice for refusals and failures', () => {
    const page = read('docs/troubleshooting.md')
    expect(page).toContain(formatReasons())
    expect(page).toContain(formatFailures())
    const last = new Map(ADVICE.map((row) => [row.reason, row]))
    expect([...last.keys()].sort()).toEqual(Object.keys(REASONS).sort())
    for (const { providers, found, when } of last.values()) {
      expect([providers, found, when]).toEqual([undefined, undefined, undefined])
    }
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
    expectOptions(manual, 'option', SOURCE_OPTIONS)
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
      `at most ${pause.last} s`,
      `${TOKEN_TIMES.tooYoung} s`,
      String(REQUESTS_AT_ONCE),
      String(ANSWER.bytes),
    ])
    expect(table(manual, 'limit of targets').map(([, number]) => number)).toEqual(
      Object.values(TARGET_LIMITS).map(String),
    )
    const young = `less than ${TOKEN_TIMES.tooYoung} seconds ago`
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

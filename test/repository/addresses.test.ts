import { describe, expect, it } from 'vitest'
import { filesBelow, PACKAGES, read } from './files.ts'

/** Modules that may: the one that does it for all, and those whose text is not an address. */
const ALLOWED: Readonly<Record<string, string>> = {
  'packages/core/src/authorization-server/address.ts': 'leaves out the query',
  'packages/core/src/options/issuer-rules.ts': 'writes the name of an option',
  'packages/core/src/subject/provider-hint.ts': 'writes the path',
  'packages/client/src/authorized-fetch.ts': 'writes the address of a request, and no text',
}

const NAMES = String.raw`\w*(?:[uU]rl|URL|[eE]ndpoint|[aA]ddress|[uU]ri|[hH]ref)`

/** Ways in which the query, the user name or the fragment of an address can get into a text. */
const FORBIDDEN: readonly RegExp[] = [
  // `${url}`, `${settings.tokenEndpoint}`, `${issuer ?? endpoint}`
  new RegExp(String.raw`\$\{(?:[^{}()]*[^{}()\w])?${NAMES}!?\}`),
  // `${String(url)}`, `${url.toString()}`, `${found(endpoint)}`
  new RegExp(String.raw`\$\{(?!toLoggedAddress\()[^{}]*\(${NAMES}[^\w.(]`),
  // 'at ' + url, url + ': '
  new RegExp(String.raw`['"\`] \+ (?:\w+\.)*${NAMES}\b`),
  new RegExp(String.raw`\b${NAMES} \+ ['"\`]`),
  // [url, status].join(': ')
  new RegExp(String.raw`\[(?:[^\]]*\W)?${NAMES}[,\]].*\.join\(`),
  /\.(?:href|search|searchParams)\b(?!\()/,
  new RegExp(String.raw`\b${NAMES}\.(?:toString|toJSON|valueOf|concat)\(`),
  // new SomeError(url), new SomeError('code', { detail: url })
  new RegExp(String.raw`\b(?:detail|server|from|to): (?:[^,()]*\W)?${NAMES}!?(?:[,;}\s]|$)`),
]

/** Returns the lines of a source that are forbidden. Comments are not looked at. */
function findForbidden(source: string): readonly string[] {
  return source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !/^(?:\/\/|\/?\*)/.test(line))
    .filter((line) => FORBIDDEN.some((pattern) => pattern.test(line)))
}

describe('an address', () => {
  it('becomes text in toLoggedAddress() alone, which leaves out its query', () => {
    const found = PACKAGES.flatMap((name) => filesBelow(`packages/${name}/src`))
      .filter((path) => path.endsWith('.ts') && !Object.hasOwn(ALLOWED, path))
      .flatMap((path) => findForbidden(read(path)).map((line) => `${path}: ${line}`))
    expect(found).toEqual([])
  })

  it.each([
    'throw new FetchError(`${url}: status`)',
    'const detail = `${settings.tokenEndpoint!}: no`',
    'const detail = `${issuer ?? settings.tokenEndpoint}: no`',
    'const detail = `${String(url)}: no`',
    'const detail = `${url.toString()}: no`',
    'const detail = `${withQuery(endpoint)}: no`',
    "const detail = 'no answer from ' + url",
    "const detail = endpoint + ': no answer'",
    "const detail = [url, 'no answer'].join(': ')",
    'const detail = new URL(endpoint).href',
    'const key = new URL(endpoint).search',
    'return { detail: tokenEndpoint }',
    'server: settings.issuer ?? settings.tokenEndpoint!,',
  ])('is found if it becomes text elsewhere: %s', (line) => {
    expect(findForbidden(line)).toEqual([line])
  })

  it.each([
    'throw new FetchError(`${toLoggedAddress(url)}: status`)',
    'const detail = `${toLoggedAddress(settings.tokenEndpoint!)}: no`',
    'const { endpoint } = options // `${url}`'.slice(0, 28),
    'server: issuer ?? toLoggedAddress(tokenEndpoint!),',
    'report(`${name} must be an https address`)',
  ])('is not found elsewhere: %s', (line) => {
    expect(findForbidden(line)).toEqual([])
  })
})

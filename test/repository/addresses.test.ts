import { describe, expect, it } from 'vitest'
import { filesBelow, PACKAGES, read } from './files.ts'

/** Modules that may contain forbidden expressions, with the reason. */
const ALLOWED: Readonly<Record<string, string>> = {
  'packages/core/src/advice/requirement-advice.ts': 'writes the word address, not an address',
  'packages/core/src/authorization-server/address.ts':
    'defines toLoggedAddress(), which removes the query',
  'packages/core/src/options/issuer-rules.ts': 'writes the name of an option, not an address',
  'packages/core/src/subject/provider-hint.ts': 'writes only the path of an address',
  'packages/mcp/src/rules.ts': 'compares the URI of a resource, and writes it nowhere',
  'packages/client/src/authorized-fetch.ts':
    'passes an address on to a request, and writes no text',
}

const NAMES = String.raw`\w*(?:[uU]rl|URL|[eE]ndpoint|[aA]ddress|[uU]ri|[hH]ref)`

/** Expressions that can write the query, the user name or the fragment of an address into a text. */
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

/** Returns the lines of a source with a forbidden expression. Ignores comments. */
function findForbidden(source: string): readonly string[] {
  return source
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => !/^(?:\/\/|\/?\*)/.test(line))
    .filter((line) => FORBIDDEN.some((pattern) => pattern.test(line)))
}

describe('an address', () => {
  it('the sources convert an address to text only with toLoggedAddress(), or in a module of ALLOWED', () => {
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
  ])('findForbidden() returns a line that converts an address to text: %s', (line) => {
    expect(findForbidden(line)).toEqual([line])
  })

  it.each([
    'throw new FetchError(`${toLoggedAddress(url)}: status`)',
    'const detail = `${toLoggedAddress(settings.tokenEndpoint!)}: no`',
    'const { endpoint } = options',
    'server: issuer ?? toLoggedAddress(tokenEndpoint!),',
    'report(`${name} must be an https address`)',
  ])('findForbidden() ignores a line that does not convert an address to text: %s', (line) => {
    expect(findForbidden(line)).toEqual([])
  })
})

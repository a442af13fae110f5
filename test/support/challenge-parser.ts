/** One challenge of a `WWW-Authenticate` value. Values have no quotes. */
export interface ParsedChallenge {
  readonly scheme: string
  readonly parameters: (readonly [name: string, value: string])[]
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const QUOTED_STRING = '"(?:[\\t \\x21\\x23-\\x5B\\x5D-\\x7E]|\\\\[\\t\\x20-\\x7E])*"'

const SCHEME = new RegExp(TOKEN, 'y')
const SPACES = / +/y
const PARAMETER = new RegExp(`(${TOKEN})=(${TOKEN}|${QUOTED_STRING})`, 'y')
const COMMA = /[ \t]*,[ \t]*/y

/**
 * Parses a `WWW-Authenticate` value by the grammar for senders (RFC 9110 sections 11.2 to 11.6.1). Shares no
 * code with the module that writes challenges.
 *
 * @throws {SyntaxError} For each deviation from the grammar: empty list elements, blanks around an equals sign,
 * a repeated parameter in one challenge, and characters outside ASCII. The `token68` form, which no scheme
 * here uses, also causes this error.
 */
export function parseChallenges(value: string): ParsedChallenge[] {
  const challenges: ParsedChallenge[] = []
  let at = 0

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at
    const match = pattern.exec(value)
    if (match !== null) at = pattern.lastIndex
    return match
  }

  function expect(pattern: RegExp, what: string): RegExpExecArray {
    return take(pattern) ?? fail(`expected a ${what}`)
  }

  function fail(why: string): never {
    throw new SyntaxError(`${why} at ${at} of ${JSON.stringify(value)}`)
  }

  do {
    let parameter = take(PARAMETER)
    if (parameter === null) {
      challenges.push({ scheme: expect(SCHEME, 'scheme')[0], parameters: [] })
      parameter = take(SPACES) && expect(PARAMETER, 'parameter')
    }
    if (parameter === null) continue
    const [, name, text] = parameter as unknown as [string, string, string]
    const { parameters } = challenges.at(-1) ?? fail('a parameter without a scheme')
    if (parameters.some(([other]) => other.toLowerCase() === name.toLowerCase())) {
      fail(`repeated parameter ${name}`)
    }
    parameters.push([name, unquote(text)])
  } while (take(COMMA))
  if (at < value.length) fail('expected a comma')
  return challenges
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}

/**
 * Reasons for missed targets, written by hand. After every run, compare them with the section "CPU profile".
 * A reason is shown only if its target is missed.
 */
export const REASONS: readonly { readonly targets: readonly string[]; readonly why: string }[] = [
  {
    targets: ['new tokens'],
    why: `Bearward also rejects base64url that is not canonical and JSON with a duplicate member. It freezes the claims, and
  classifies the token and its subject. These steps take about 4.4 us if \`crypto.verify\` is replaced by a function that returns
  immediately. After the verification of a real signature, the steps take longer. The probable reason: the caches of the processor then
  contain the code and data of OpenSSL instead of those of the steps.
  No single step takes more than 0.5 us. Three measures have helped: reused memory for the
  payload, no closures on the path of a token, and freezing arrays by index.`,
  },
  {
    targets: ['cached tokens'],
    why: `the cache does not store tokens, so a token that is sent again must be hashed. The hash (SHA-256) takes about 0.9 us.
  In the rest of the time, the guard reads the header, finds the entry, checks times and requirements, and creates the outcome. A hash
  of a part of the token would be faster, but two tokens could then share an entry.`,
  },
  {
    targets: ['long tokens'],
    why: `for a payload with 660 different names of members, \`JSON.parse\` alone takes about 100 us. If fewer members
  were allowed, real tokens of Keycloak with 120 permissions would be refused.`,
  },
  {
    targets: ['HTTP'],
    why: `a handler that calls only \`crypto.verify\` adds about 37 us to Express on Node 24. In a server, other code runs
  between two calls of the guard. It probably replaces the code of the guard in the caches of the processor. A new token then costs
  Bearward about twice as much as in a loop. On Node 22, Express itself takes about 100 us for each request.`,
  },
  {
    targets: ['first requests'],
    why: `code that has run only a few times is not optimized yet. Bearward has more code than the other library, because it
  validates more. V8 optimizes this code only after a few thousand requests. Fewer files and no dependencies have shortened the
  start, but not the first requests.`,
  },
  {
    targets: ['start', 'import'],
    why: `during the import, V8 compiles the source text for about 8 ms. The first response also needs a connection to the
  authorization server. For this connection, Node must load its module \`https\`. Fewer files
  and no dependencies have shortened the import.`,
  },
  {
    targets: ['bundle'],
    why: `about a third of the bundle is texts: the advice for each refusal, and the messages for wrong options. The rules of all
  providers are included, too. The core no longer needs jose and lru-cache, but the bundle is still
  above the limit.`,
  },
  {
    targets: ['proofs'],
    why: `the verification of an ES256 signature alone takes about 77 us on this machine, so the target leaves 19 us for all other
  steps. Two hashes (SHA-256 of the token and of the entry in the replay store) take about 5 us together. Decoding and parsing the
  claims takes about 6 us, and the replay store about 4 us. The rest is the same for a cached token without a proof.`,
  },
  {
    targets: ['proofs in Redis'],
    why: `the store sends one command for each proof, so there is one round trip. In addition, it creates a random value and a timer,
  and awaits the reply with a limit of time. These steps were not measured one by one.`,
  },
  {
    targets: ['size'],
    why: `the core takes most of the space. It has about 540 kB of code, 430 kB of type declarations with docstrings, and 100 kB of
  source maps.`,
  },
  {
    targets: ['MCP'],
    why: `a batch of 100 calls has about 500 objects, whose levels are counted in about 9 us. The parser creates a new string for
  each name, so V8 must hash 100 names to find their rules: about 8 us. Reading the members of the messages takes about 5 us. About
  15 us do not depend on the number of calls. The body is read in chunks, and the token is checked again after the body.`,
  },
]

/** Lists the reasons for the missed targets. Targets without a reason are listed as "not explained yet". */
export function listReasons(missed: readonly string[]): string {
  const lines = REASONS.flatMap(({ targets, why }) => {
    const applying = targets.filter((name) => missed.includes(name))
    return applying.length > 0 ? [toListItem(applying, why)] : []
  })
  const known = new Set(REASONS.flatMap(({ targets }) => targets))
  const unknown = missed.filter((name) => !known.has(name))
  if (unknown.length > 0) lines.push(toListItem(unknown, 'not explained yet.'))
  return ['Reasons for missed targets:\n', ...lines].join('\n')
}

function toListItem(names: readonly string[], why: string): string {
  return `- ${names.map((name) => `**${name}**`).join(', ')}: ${why}`
}

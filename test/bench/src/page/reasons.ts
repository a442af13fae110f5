/**
 * Reasons for missed targets, written by hand. Review them after every run, beside the section "CPU profile".
 * A reason is shown for missed targets only.
 */
export const REASONS: readonly { readonly targets: readonly string[]; readonly why: string }[] = [
  {
    targets: ['P1', 'P2', 'P3', 'P4', 'P7'],
    why: `the targets were set with a prototype that did less, and were not changed. In addition to the signature,
  Bearward checks that base64url is canonical and that no JSON object has a duplicate member. It also freezes the objects
  that it returns, and classifies the token and its subject. See the section "CPU profile" for the shares.`,
  },
  {
    targets: ["P3'"],
    why: `Bearward does more for a new token than aws-jwt-verify and fast-jwt do. Part of this work costs more on Node 20:
  claims have no prototype and are frozen. V8 of Node 20 and 22 reads such objects slowly.`,
  },
  {
    targets: ['P5', 'P6'],
    why: `the cache does not store tokens, so a token that is sent again has to be hashed. The section "CPU
  profile" shows the cost of the hash and of the remaining steps. Over HTTP, 0.8 x of a bare Fastify allows about 3 us. In a
  separate measurement, a hook that only hashed the header took 2.7 us.`,
  },
  {
    targets: ['P6', 'P7'],
    why: `the load generator may cause part of the added time. If a server is slower, more of its clients are idle, and
  the server has to wake them. This applies to the other libraries as well, and more to the slower ones. The size of this
  effect has not been measured.`,
  },
  {
    targets: ['P8'],
    why: `the difference between the two servers is smaller than the variation between their rounds. The two rows of
  Bearward in "One verification" show the cost of hashing a new token and recording it in the cache.`,
  },
  {
    targets: ['P9'],
    why: `the target is in microseconds and was set on another machine. The signature of a forged token has to be verified
  like any other, which is about half of the time.`,
  },
  {
    targets: ['P10'],
    why: `one part of the time is the import of the package, and another is the first use of the global \`fetch\`.
  \`ready()\` does both before the first request.`,
  },
]

/** Lists the reasons for the missed targets. Targets without a reason are listed as "not explained yet". */
export function listReasons(missed: readonly string[]): string {
  const lines = REASONS.flatMap(({ targets, why }) => {
    const applying = targets.filter((id) => missed.includes(id))
    return applying.length > 0 ? [toListItem(applying, why)] : []
  })
  const known = new Set(REASONS.flatMap(({ targets }) => targets))
  const unknown = missed.filter((id) => !known.has(id))
  if (unknown.length > 0) lines.push(toListItem(unknown, 'not explained yet.'))
  return ['Reasons for missed targets:\n', ...lines].join('\n')
}

function toListItem(ids: readonly string[], why: string): string {
  return `- ${ids.map((id) => `**${id}**`).join(', ')}: ${why}`
}

/**
 * Why targets are missed, in our own words: to be read again after every run, beside "Where the time goes". What
 * is said of a target appears only while it is missed.
 */
export const REASONS: readonly { readonly targets: readonly string[]; readonly why: string }[] = [
  {
    targets: ['P1', 'P2', 'P3', 'P4', 'P7'],
    why: `the targets were set with a prototype that did less, and have been left as they were. Beside the signature, Bearward
  checks that base64url has its one spelling and that no member of a JSON object is written twice, freezes what it hands out, and
  classifies the token and its subject. "Where the time goes" has the parts.`,
  },
  {
    targets: ["P3'"],
    why: `Bearward does more for a new token than aws-jwt-verify and fast-jwt do. On Node 20 part of it weighs more: claims have no
  prototype and are frozen, and V8 of Node 20 and 22 is slow at every look at such an object.`,
  },
  {
    targets: ['P5', 'P6'],
    why: `tokens are not kept in memory, so a token that comes again is hashed. "Where the time goes" has the hash and what is left
  to do for such a token. Over HTTP, 0.8 x of a bare Fastify leaves about 3 us; a hook that did nothing but hash the header took 2.7
  of them, measured apart from this page.`,
  },
  {
    targets: ['P6', 'P7'],
    why: `part of what is added may be the load generator's doing: a slower server finds more of its clients asleep, and has to
  wake them. This applies to the peers as well, the slower ones more; how much it is has not been measured.`,
  },
  {
    targets: ['P8'],
    why: `two servers are compared whose difference is smaller than what lies between their rounds. To hash a new token and to leave a
  mark for it is the difference of the two rows of Bearward in "One verification".`,
  },
  {
    targets: ['P9'],
    why: `the target is in microseconds, and was set on another machine: the signature of a forged token has to be checked like any other,
  and is about half of it.`,
  },
  {
    targets: ['P10'],
    why: `importing the package is one part of it, and the first use of the global \`fetch\` another. \`ready()\` moves both to where
  nobody waits.`,
  },
]

/** A line for each reason why some of these targets are missed, and for those of which nothing is known. */
export function reasonsFor(missed: readonly string[]): string {
  const lines = REASONS.flatMap(({ targets, why }) => {
    const applying = targets.filter((id) => missed.includes(id))
    return applying.length > 0 ? [line(applying, why)] : []
  })
  const known = new Set(REASONS.flatMap(({ targets }) => targets))
  const unknown = missed.filter((id) => !known.has(id))
  if (unknown.length > 0) lines.push(line(unknown, 'not explained yet.'))
  return ['Why targets are missed:\n', ...lines].join('\n')
}

function line(ids: readonly string[], why: string): string {
  return `- ${ids.map((id) => `**${id}**`).join(', ')}: ${why}`
}

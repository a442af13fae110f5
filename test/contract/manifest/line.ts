/** One thing that a standard asks of a resource server, and where we stand with it. */
export interface Line {
  readonly id: string
  /** The document and its section. */
  readonly source: string
  readonly title: string
  readonly standing: 'tested' | 'deviation' | 'excluded'
  /** Why we deviate, in part or altogether, or why the line does not concern us. */
  readonly reason?: string
}

/** Some test cites it, and all of it. */
export function tested(id: string, source: string, title: string): Line {
  return { id, source, title, standing: 'tested' }
}

/** Tests cite it for the part that we do, or to hold what we do instead. */
export function deviation(id: string, source: string, title: string, reason: string): Line {
  return { id, source, title, standing: 'deviation', reason }
}

/** No test may cite it. */
export function excluded(id: string, source: string, title: string, reason: string): Line {
  return { id, source, title, standing: 'excluded', reason }
}

/** Reason why the options of a dynamic issuer are not available. */
export type ResolutionFailure =
  | 'match_failed'
  | 'resolve_failed'
  | 'resolve_timeout'
  | 'resolve_busy'
  | 'too_many_new'
  | 'invalid_options'
  | 'closed'

/** Property tests: the packages have `fast-check` from here, so that one version serves all of them. */
export * as fc from 'fast-check'

import { fileURLToPath } from 'node:url'

/** What a run leaves behind: the tokens it has minted, and its results. Git ignores it. */
export const FOLDER = fileURLToPath(new URL('../.bench', import.meta.url))

import { fileURLToPath } from 'node:url'

/** Folder for the minted tokens and the results. Git ignores it. */
export const FOLDER = fileURLToPath(new URL('../.bench', import.meta.url))

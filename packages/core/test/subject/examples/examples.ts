import type { Example } from './example.ts'
import { HOSTED } from './hosted.ts'
import { OTHERS } from './others.ts'
import { SELF_HOSTED } from './self-hosted.ts'

export const EXAMPLES: readonly Example[] = [...HOSTED, ...SELF_HOSTED, ...OTHERS]

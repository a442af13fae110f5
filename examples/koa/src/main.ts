import { listen, playShortStory } from '@bearward/example-story'
import { createApi } from './api.ts'

const asTold = await playShortStory((issuer) => listen(createApi(issuer).callback()))
process.exitCode = asTold ? 0 : 1

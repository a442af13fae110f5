import { onFastify } from './on-fastify.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onFastify)

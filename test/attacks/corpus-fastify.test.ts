import { onFastify } from '../support/on-fastify.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onFastify)

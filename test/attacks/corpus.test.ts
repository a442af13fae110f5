import express from 'express'
import { onExpress } from '../support/on-express.ts'
import { runCorpus } from './run-corpus.ts'

runCorpus(onExpress('Express 5', express))

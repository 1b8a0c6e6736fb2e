// Property tests say the same in each run: one seed for all, another by FC_SEED. Imported for that alone.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 1) });

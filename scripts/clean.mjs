// Removes what earlier builds left, so that a package holds nothing but the code as it is.
import { rmSync } from 'node:fs';

rmSync('dist', { recursive: true, force: true });

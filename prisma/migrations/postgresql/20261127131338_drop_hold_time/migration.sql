-- AlterTable
ALTER TABLE "Peering" DROP COLUMN "holdTime";

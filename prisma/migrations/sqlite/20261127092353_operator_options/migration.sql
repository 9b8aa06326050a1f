-- AlterTable
ALTER TABLE "Peering" ADD COLUMN "optionsSealed" TEXT;

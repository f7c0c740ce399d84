#include <mpi.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    char library[MPI_MAX_LIBRARY_VERSION_STRING], name[64] = "", version[64] = "";
    int length, rank, size, sum = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Get_library_version(library, &length);
    sscanf(library, "%63[^:]: %63s", name, version);
    printf("rank %d of %d, sum %d, %s: %s\n", rank, size, sum, name, version);
    MPI_Finalize();
    return 0;
}
